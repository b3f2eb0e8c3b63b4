// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from "vitest";
import { Player } from "../../src/elements/parts/player.ts";

afterEach(() => vi.unstubAllGlobals());

it("starts where it is told, and goes there again whenever it is told, but not by itself", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new Error("no waveform is needed")));
  const player = new Player();
  Object.assign(player, { address: "data:,", position: [2] });
  document.body.replaceChildren(player);
  await player.updateComplete;
  const audio = player.querySelector("audio") as HTMLAudioElement;
  expect(audio.currentTime).toBe(2);
  audio.currentTime = 7;
  player.loop = true;
  await player.updateComplete;
  expect(audio.currentTime).toBe(7);
  player.position = [2];
  await player.updateComplete;
  expect(audio.currentTime).toBe(2);
});
