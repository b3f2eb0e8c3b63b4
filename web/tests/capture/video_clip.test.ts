// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from "vitest";
import type { Camera } from "../../src/capture/camera.ts";
import { VideoClip } from "../../src/capture/video_clip.ts";

/** A recorder that records what the test says, or nothing. */
class FakeRecorder {
  static last: FakeRecorder;
  static problem: Error | null = null;
  static readonly isTypeSupported = (mime: string): boolean => mime === "video/webm";
  readonly stream = { getTracks: () => [] };
  readonly mimeType = "video/webm;codecs=vp8";
  state = "inactive";
  ondataavailable: (event: { data: Blob }) => void = () => {};
  onerror: (event: { error: Error }) => void = () => {};
  onstop: () => void = () => {};
  given: Blob[] = [];

  constructor() {
    if (FakeRecorder.problem) throw FakeRecorder.problem;
    FakeRecorder.last = this;
  }

  start(): void {
    this.state = "recording";
  }

  stop(): void {
    this.state = "inactive";
    for (const data of this.given) this.ondataavailable({ data });
    this.onstop();
  }
}

const camera = { preview: null, mirrored: false } as unknown as Camera;
const full = vi.fn();
let frame: () => void;

beforeEach(() => {
  FakeRecorder.problem = null;
  full.mockReset();
  vi.stubGlobal("MediaRecorder", FakeRecorder);
  vi.stubGlobal("MediaStream", class {});
  vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
  vi.spyOn(HTMLMediaElement.prototype, "srcObject", "set").mockImplementation(() => {});
  Object.assign(HTMLVideoElement.prototype, {
    requestVideoFrameCallback: (next: () => void): void => {
      frame = next;
    },
  });
  Object.assign(HTMLCanvasElement.prototype, {
    getContext: () => ({ setTransform: () => {}, drawImage: () => {} }),
    captureStream: () => ({ getTracks: () => [] }),
  });
});

/** A clip that has its first frame. */
function record(): VideoClip {
  const clip = new VideoClip(camera, null, full);
  clip.hold(false);
  frame();
  return clip;
}

it("is a file of what the recorder gave", async () => {
  const clip = record();
  FakeRecorder.last.given = [new Blob(["abc"]), new Blob(["de"])];
  const file = (await clip.finish()) as File;
  expect([file.name, file.type, file.size]).toEqual(["recording.webm", "video/webm", 5]);
});

it("says so when the browser records nothing", async () => {
  await expect(record().finish()).rejects.toThrow("This browser recorded nothing: use another one");
});

it("is nothing, and no fault, if it was held all the time", async () => {
  expect(await new VideoClip(camera, null, full).finish()).toBeNull();
});

it.each([
  ["a recorder that cannot be made", new Error("no encoder")],
  ["a browser without one", undefined],
])("ends at once, and says why: %s", async (_, problem) => {
  if (problem) FakeRecorder.problem = problem;
  else vi.stubGlobal("MediaRecorder", undefined);
  const clip = record();
  expect(full).toHaveBeenCalledOnce();
  frame();
  expect(full).toHaveBeenCalledOnce();
  await expect(clip.finish()).rejects.toThrow(/This browser could not record a video: .+/);
});

it("keeps what there was when the recorder fails on the way", async () => {
  const clip = record();
  const recorder = FakeRecorder.last;
  recorder.state = "inactive";
  recorder.onerror({ error: new Error("out of memory") });
  expect(full).toHaveBeenCalledOnce();
  const file = clip.finish();
  recorder.ondataavailable({ data: new Blob(["abc"]) });
  expect(((await file) as File).size).toBe(3);
});

it("does not wait for ever for a recorder that does not end", async () => {
  vi.useFakeTimers();
  const clip = record();
  FakeRecorder.last.stop = () => {};
  const finished = expect(clip.finish()).rejects.toThrow("recorded nothing");
  await vi.advanceTimersByTimeAsync(10_000);
  await finished;
  vi.useRealTimers();
});
