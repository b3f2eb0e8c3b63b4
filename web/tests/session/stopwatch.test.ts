import { beforeEach, describe, expect, it, vi } from "vitest";
import { Stopwatch } from "../../src/session/stopwatch.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.advanceTimersByTime(1_000); // 0 stands for no time at all
});

describe("a stopwatch", () => {
  it("says when enough has passed, pauses not counted", () => {
    const over = vi.fn();
    const watch = new Stopwatch(3, over);
    watch.start();
    watch.start();
    vi.advanceTimersByTime(2_000);
    watch.pause();
    watch.pause();
    expect([watch.sinceMs, watch.pastS]).toEqual([0, 2]);
    vi.advanceTimersByTime(60_000);
    watch.start();
    expect(watch.sinceMs).toBe(performance.now() - 2_000);
    vi.advanceTimersByTime(999);
    expect(over).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(over).toHaveBeenCalledOnce();
  });

  it("without an end only counts", () => {
    const over = vi.fn();
    const watch = new Stopwatch(Number.POSITIVE_INFINITY, over);
    watch.start();
    vi.advanceTimersByTime(1e9);
    watch.pause();
    expect(watch.pastS).toBe(1e6);
    expect([over.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
