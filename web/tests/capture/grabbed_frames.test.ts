// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { grabFrames } from "../../src/capture/grabbed_frames.ts";

let posted: unknown[];
let report: () => void;
const open = (): ReturnType<typeof grabFrames> => grabFrames({} as MediaStream);

class FakeChannel {
  readonly port1 = { postMessage: (frame: unknown) => posted.push(frame) };
  readonly port2 = null;
}

beforeEach(() => {
  posted = [];
  vi.stubGlobal("MessageChannel", FakeChannel);
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
  const frames = await open();
  report();
  report();
  await vi.waitFor(() => expect(posted).toEqual(["bitmap"]));
  frames.close();
  expect(posted).toEqual(["bitmap", null]);
});

it("a frame that was copied too late is closed, not sent", async () => {
  let give = (_: unknown): void => {};
  vi.stubGlobal("createImageBitmap", () => new Promise((resolve) => (give = resolve)));
  const frames = await open();
  report();
  frames.close();
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
