import { expect, it, vi } from "vitest";
import { FrameRing, type FrameSurface } from "../../src/overlay/frame_ring.ts";

let opened = 0;
const surface = (): FrameSurface => {
  opened++;
  const context = { setTransform: vi.fn(), drawImage: vi.fn() };
  return { canvas: { width: 1, height: 1 }, context } as unknown as FrameSurface;
};
const frame = (width: number, height: number): VideoFrame =>
  ({ displayWidth: width, displayHeight: height }) as unknown as VideoFrame;

it("frames are found by the time of their capture, and the oldest go", () => {
  opened = 0;
  const ring = new FrameRing(false, surface);
  for (let us = 1; us <= 100; us++) ring.put(frame(640, 480), us);
  expect(ring.size).toBe(16);
  expect(opened).toBe(16);
  expect(ring.get(84)).toBeNull();
  expect(ring.get(85)).toMatchObject({ width: 640, height: 480 });
  expect(ring.get(100)).not.toBeNull();
});

it("large frames are fewer", () => {
  const ring = new FrameRing(false, surface);
  for (let us = 1; us <= 20; us++) ring.put(frame(3840, 2160), us);
  expect(ring.size).toBe(3);
  ring.put(frame(16_000, 16_000), 21);
  expect(ring.size).toBe(1);
});

it("a frame that was sent mirrored is kept mirrored", () => {
  const made = surface();
  new FrameRing(true, () => made).put(frame(640, 480), 1);
  expect(vi.mocked(made.context.setTransform).mock.calls[0]).toEqual([-1, 0, 0, 1, 640, 0]);
});
