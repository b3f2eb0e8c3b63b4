import { expect, it } from "vitest";
import { cameraConstraints, isMirrored, microphoneConstraints } from "../../src/capture/devices.ts";

const lookingTo = (facingMode?: string): MediaStreamTrack =>
  ({ getSettings: () => ({ facingMode }) }) as unknown as MediaStreamTrack;

it.each([
  [null, undefined, true],
  [null, "user", true],
  [null, "environment", false],
  [true, "environment", true],
  [true, "user", true],
  [false, "user", false],
  [false, undefined, false],
])("mirror=%s, for a camera that looks to %s: %s", (wish, facing, expected) => {
  expect(isMirrored(wish, lookingTo(facing))).toBe(expected);
});

it.each([
  ["of the track", { width: 320, facingMode: "environment" }],
  ["of the stream", { video: { width: 320, facingMode: "environment" } }],
])("constraints %s win over ours", (_, app) => {
  expect(cameraConstraints(app as MediaTrackConstraints, null, {})).toMatchObject({
    width: 320,
    height: { ideal: 720 },
    facingMode: "environment",
  });
  expect(cameraConstraints(app as MediaTrackConstraints, null, { device: "x" })).not.toHaveProperty("facingMode");
});

it.each([null, { video: true }])("without constraints of its own (%j) the camera is asked for as usual", (app) => {
  const asked = cameraConstraints(app as MediaTrackConstraints | null, [640, 360], { facing: "environment" });
  expect(asked).toEqual({
    width: { ideal: 640 },
    height: { ideal: 360 },
    frameRate: { ideal: 30 },
    facingMode: { ideal: "environment" },
  });
});

it("asks for the microphone alike", () => {
  expect(microphoneConstraints({ audio: { echoCancellation: false } } as MediaTrackConstraints, {})).toEqual({
    echoCancellation: false,
  });
  expect(microphoneConstraints(null, { device: "m" })).toEqual({ deviceId: { exact: "m" } });
});
