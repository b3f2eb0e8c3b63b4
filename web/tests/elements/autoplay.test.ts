import { expect, it, vi } from "vitest";
import { playByItself } from "../../src/elements/parts/autoplay.ts";

it.each([
  ["NotAllowedError", true],
  ["AbortError", false],
])("a video that is not played since %s: wants a tap %s", async (name, wantsTap) => {
  const play = vi.fn().mockRejectedValueOnce({ name }).mockRejectedValue({ name });
  const video = { play, muted: false } as unknown as HTMLVideoElement;
  expect(await playByItself(video)).toBe(wantsTap);
  expect(video.muted).toBe(wantsTap);
});
