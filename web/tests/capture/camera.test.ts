// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Camera, type CameraWish, cameraOf } from "../../src/capture/camera.ts";

const WISH: CameraWish = { constraints: null, size: null, mirror: null, choice: {} };

let posted: unknown[];
let stopped: number;
let report: () => void;
const track = { getSettings: () => ({}), stop: () => void stopped++ } as unknown as MediaStreamTrack;
const open = (): Promise<Camera> => cameraOf({ getVideoTracks: () => [track] } as unknown as MediaStream, WISH);

class FakeChannel {
  readonly port1 = { postMessage: (frame: unknown) => posted.push(frame) };
  readonly port2 = null;
}

beforeEach(() => {
  [posted, stopped] = [[], 0];
  vi.stubGlobal("MessageChannel", FakeChannel);
  vi.stubGlobal("OffscreenCanvas", class {});
  vi.stubGlobal("VideoFrame", undefined);
  vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
  vi.spyOn(HTMLMediaElement.prototype, "srcObject", "set").mockImplementation(() => {});
  Object.assign(HTMLVideoElement.prototype, {
    requestVideoFrameCallback: (callback: () => void): void => {
      report = callback;
    },
  });
});

afterEach(() => void vi.useRealTimers());

it("where neither the track can be read nor frames exist, bitmaps of the video go to the worker", async () => {
  vi.stubGlobal("createImageBitmap", vi.fn().mockRejectedValueOnce(new Error("gone")).mockResolvedValue("bitmap"));
  const camera = await open();
  report();
  report();
  await vi.waitFor(() => expect(posted).toEqual(["bitmap"]));
  camera.close();
  expect([posted, stopped]).toEqual([["bitmap", null], 1]);
});

it("a frame that was copied too late is closed, not sent", async () => {
  let give = (_: unknown): void => {};
  vi.stubGlobal("createImageBitmap", () => new Promise((resolve) => (give = resolve)));
  const camera = await open();
  report();
  camera.close();
  const close = vi.fn();
  give({ close });
  await vi.waitFor(() => expect(close).toHaveBeenCalled());
});

it("a video that does not begin to play is not waited for for ever", async () => {
  vi.useFakeTimers();
  vi.mocked(HTMLMediaElement.prototype.play).mockReturnValue(new Promise(() => {}));
  const opened = open();
  await vi.advanceTimersByTimeAsync(3_000);
  (await opened).close();
});

it("a camera that cannot be read is closed", async () => {
  vi.mocked(HTMLMediaElement.prototype.play).mockRejectedValue(new Error("not allowed"));
  await expect(open()).rejects.toThrow("not allowed");
  expect(stopped).toBe(1);
});

it("a browser that cannot encode in a worker says that it is too old", async () => {
  vi.stubGlobal("OffscreenCanvas", undefined);
  await expect(open()).rejects.toMatchObject({ trouble: { code: "failed", message: /too old .* Update it/ } });
  expect(stopped).toBe(1);
});
