import { describe, expect, it, vi } from "vitest";
import { CanvasSink, openSink, TrackSink } from "../../src/playback/frame_sink.ts";
import { FakeFrame } from "../capture/fakes.ts";
import { packet } from "./delta_codec.ts";

const asFrame = (frame: FakeFrame): VideoFrame => frame as unknown as VideoFrame;

function openTrack(written: VideoFrame[], report = vi.fn()): { sink: TrackSink; report: typeof report } {
  const writable = new WritableStream<VideoFrame>({ write: (frame) => void written.push(frame) });
  return { sink: openSink(writable, report) as TrackSink, report };
}

describe("a track", () => {
  it("takes frames over, and says which packet reached the glass", () => {
    const written: VideoFrame[] = [];
    const { sink, report } = openTrack(written);
    for (const timestamp of [1, 2, 3])
      sink.show(asFrame(new FakeFrame(timestamp)), packet(timestamp, 0, 0, { captured_us: 50 }));
    sink.presented(2, 777);
    expect(report).toHaveBeenCalledWith({ stream: 1, component: 4, sequence: 2, capturedUs: 50 }, 777);
    sink.presented(1, 778);
    sink.presented(2, 779);
    expect(report).toHaveBeenCalledOnce();
  });

  it("remembers few frames that were never presented", () => {
    const { sink, report } = openTrack([]);
    for (let i = 1; i <= 100; i++) sink.show(asFrame(new FakeFrame(i)), packet(i, 0, 0));
    sink.presented(84, 1);
    expect(report).not.toHaveBeenCalled();
    sink.presented(85, 1);
    expect(report).toHaveBeenCalledOnce();
  });

  it("that has ended does not leave frames open", async () => {
    const writable = new WritableStream<VideoFrame>({ start: (controller) => controller.error(new Error("ended")) });
    const frame = new FakeFrame();
    new TrackSink(writable, vi.fn()).show(asFrame(frame), packet(1, 0, 0));
    await vi.waitFor(() => expect(frame.isClosed).toBe(true));
  });
});

describe("a canvas", () => {
  const context = { drawImage: vi.fn() };
  const canvas = { width: 1, height: 1, getContext: () => context };

  it("takes the frame's own size, and closes the frame", () => {
    const report = vi.fn();
    const sink = new CanvasSink(canvas as unknown as OffscreenCanvas, report);
    const frame = Object.assign(new FakeFrame(), { displayWidth: 640, displayHeight: 480 });
    sink.show(asFrame(frame), packet(3, 0, 0));
    expect([canvas.width, canvas.height, frame.isClosed]).toEqual([640, 480, true]);
    expect(report).toHaveBeenCalledWith(expect.objectContaining({ sequence: 3 }), expect.any(Number));
  });

  it("draws a bitmap as well, where the browser has no frames", () => {
    const bitmap = Object.assign(new FakeFrame(), { width: 320, height: 240 });
    new CanvasSink(canvas as unknown as OffscreenCanvas, vi.fn()).show(asFrame(bitmap), packet(4, 0, 0));
    expect([canvas.width, canvas.height, bitmap.isClosed]).toEqual([320, 240, true]);
  });

  it("closes a frame that cannot be drawn, too", () => {
    context.drawImage.mockImplementationOnce(() => {
      throw new Error("lost");
    });
    const frame = Object.assign(new FakeFrame(), { displayWidth: 640, displayHeight: 480 });
    const sink = new CanvasSink(canvas as unknown as OffscreenCanvas, vi.fn());
    expect(() => sink.show(asFrame(frame), packet(1, 0, 0))).toThrow("lost");
    expect(frame.isClosed).toBe(true);
  });
});
