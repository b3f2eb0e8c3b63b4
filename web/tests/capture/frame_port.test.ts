import { expect, it, vi } from "vitest";
import { portFrames } from "../../src/capture/frame_port.ts";
import { FakeFrame } from "./fakes.ts";

it("keeps one frame while nobody reads, and closes the rest", async () => {
  const port = { onmessage: null as ((event: object) => void) | null, close: vi.fn() };
  const reader = portFrames(port as unknown as MessagePort).getReader();
  const frames = [1, 2, 3].map((timestamp) => new FakeFrame(timestamp));
  for (const data of frames) port.onmessage?.({ data });
  expect(frames.map(({ isClosed }) => isClosed)).toEqual([false, true, true]);
  expect((await reader.read()).value).toBe(frames[0]);
  port.onmessage?.({ data: null });
  expect((await reader.read()).done).toBe(true);
  expect(port.close).toHaveBeenCalledOnce();
});
