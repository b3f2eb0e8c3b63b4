import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LatencyMeter } from "../../src/playback/latency.ts";
import { LatencyWatch } from "../../src/playback/latency_watch.ts";
import type { Watch } from "../../src/wire/messages.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function begin(): { watch: LatencyWatch; ticks: () => number; told: Watch[] } {
  const meter = new LatencyMeter(
    () => null,
    () => {},
  );
  const tick = vi.spyOn(meter, "tick");
  const told: Watch[] = [];
  return { watch: new LatencyWatch(meter, (message) => told.push(message)), ticks: () => tick.mock.calls.length, told };
}

it("sums up once a second while it is on, however often it is switched on", () => {
  const { watch, ticks, told } = begin();
  vi.advanceTimersByTime(3_000);
  expect(ticks()).toBe(0);
  watch.watch(true);
  watch.watch(true);
  vi.advanceTimersByTime(3_000);
  expect(ticks()).toBe(3);
  watch.watch(false);
  vi.advanceTimersByTime(3_000);
  expect(ticks()).toBe(3);
  expect(told.map(({ on }) => on)).toEqual([true, true, false]);
});

it("tells each new session that it is watched, and only then", () => {
  const { watch, told } = begin();
  watch.welcome();
  expect(told).toEqual([]);
  watch.watch(true);
  watch.welcome();
  expect(told.length).toBe(2);
  watch.watch(false);
  watch.welcome();
  expect(told.length).toBe(3);
});
