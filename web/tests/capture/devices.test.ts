import { afterEach, describe, expect, it, vi } from "vitest";
import {
  cameraConstraints,
  DeviceError,
  isMirrored,
  microphoneConstraints,
  openBoth,
} from "../../src/capture/devices.ts";

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
  expect(microphoneConstraints(null, { device: "m" })).toEqual({ echoCancellation: true, deviceId: { exact: "m" } });
});

describe("camera and microphone, asked for at once", () => {
  const asked: object[] = [];
  const stream = {} as MediaStream;

  /** A machine with these devices; `error` is what the browser answers, `denied` what its settings forbid. */
  function install(kinds: string[], error?: string, denied: string[] = []): void {
    asked.length = 0;
    const getUserMedia = async (constraints: object): Promise<MediaStream> => {
      asked.push(constraints);
      if (error) throw new DOMException("", error);
      return stream;
    };
    const enumerateDevices = async (): Promise<object[]> => kinds.map((kind) => ({ kind, deviceId: "" }));
    const query = async ({ name }: { name: string }): Promise<object> => ({
      state: denied.includes(name) ? "denied" : "prompt",
    });
    vi.stubGlobal("navigator", { mediaDevices: { getUserMedia, enumerateDevices }, permissions: { query } });
  }

  async function troubleOf(): Promise<string> {
    const error: unknown = await openBoth({}, {}).catch((error) => error);
    expect(error).toBeInstanceOf(DeviceError);
    const { code, message } = (error as DeviceError).trouble;
    return `${code}: ${message.split(".")[0]}`;
  }

  afterEach(() => vi.unstubAllGlobals());

  it("is one question", async () => {
    install(["videoinput", "audioinput"]);
    expect(await openBoth({ width: 1 }, { channelCount: 1 })).toBe(stream);
    expect(asked).toEqual([{ video: { width: 1 }, audio: { channelCount: 1 } }]);
  });

  it("is the camera alone where there is no microphone", async () => {
    install(["videoinput", "audiooutput"]);
    expect(await openBoth({}, {})).toBe(stream);
    expect(asked).toEqual([{ video: {}, audio: false }]);
  });

  it.each([
    [["audioinput"], "NotFoundError", [], "missing: No matching camera was found"],
    [["videoinput", "audioinput"], "NotAllowedError", ["microphone"], "refused: The microphone is blocked"],
    [["videoinput", "audioinput"], "NotAllowedError", ["camera"], "refused: The camera is blocked"],
    [["videoinput", "audioinput"], "NotAllowedError", [], "refused: The camera or microphone is blocked"],
    [["videoinput", "audioinput"], "NotReadableError", [], "busy: Another program is using the camera or microphone"],
  ])("says what is in the way: %j %s %j", async (kinds, error, denied, expected) => {
    install(kinds, error, denied);
    expect(await troubleOf()).toBe(expected);
  });

  it("knows errors by their names, which in Firefox are not those of a DOMException", async () => {
    install(["videoinput", "audioinput"], "NotFoundError");
    navigator.mediaDevices.getUserMedia = () => Promise.reject({ name: "OverconstrainedError" });
    expect(await troubleOf()).toBe("missing: No matching camera or microphone was found");
    navigator.mediaDevices.getUserMedia = () => Promise.reject(undefined);
    expect(await troubleOf()).toContain("failed");
  });

  it("says nothing of a single device where the browser does not tell", async () => {
    install(["videoinput", "audioinput"], "NotAllowedError");
    navigator.permissions.query = () => Promise.reject(new TypeError("unknown name"));
    expect(await troubleOf()).toContain("camera or microphone");
  });

  it("sends the user of a page in a frame to a tab of its own", async () => {
    install(["videoinput", "audioinput"], "NotAllowedError", ["camera"]);
    vi.stubGlobal("top", {});
    expect(await troubleOf()).toBe("refused: The camera is blocked in this frame");
  });

  it("needs a secure page", async () => {
    vi.stubGlobal("navigator", {});
    expect(await troubleOf()).toContain("insecure");
  });
});
