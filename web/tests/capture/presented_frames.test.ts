// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { eachFrame } from "../../src/capture/presented_frames.ts";

class FakeTicker {
  static running: FakeTicker[] = [];
  onmessage: () => void = () => {};

  constructor() {
    FakeTicker.running.push(this);
  }

  terminate(): void {
    FakeTicker.running = FakeTicker.running.filter((each) => each !== this);
  }
}

let taken: number;
let isHidden: boolean;
let report: () => void;
const video = {
  readyState: 2,
  requestVideoFrameCallback: (callback: () => void): void => {
    report = callback;
  },
} as unknown as HTMLVideoElement;
const begin = (of = video): (() => void) => eachFrame(of, () => void taken++);
const tick = (): void => FakeTicker.running[0]?.onmessage();
const hide = (hidden: boolean): void => {
  isHidden = hidden;
  document.dispatchEvent(new Event("visibilitychange"));
};

beforeEach(() => {
  vi.stubGlobal("HTMLMediaElement", { HAVE_CURRENT_DATA: 2 });
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  vi.stubGlobal("Worker", FakeTicker);
  vi.spyOn(document, "hidden", "get").mockImplementation(() => isHidden);
  [taken, isHidden, FakeTicker.running] = [0, false, []];
});

afterEach(() => void vi.useRealTimers());

it("takes each frame that is reported, without a timer", () => {
  const end = begin();
  for (let i = 0; i < 50; i++) {
    vi.advanceTimersByTime(100);
    report();
  }
  expect([taken, FakeTicker.running.length]).toEqual([50, 0]);
  end();
  report();
  expect(taken).toBe(50);
  expect(vi.getTimerCount()).toBe(0);
});

it("takes frames by a timer while the tab is hidden, and those that are reported nevertheless only once", () => {
  const end = begin();
  report();
  hide(true);
  tick();
  tick();
  report();
  expect(taken).toBe(3);
  hide(false);
  report();
  expect([taken, FakeTicker.running.length]).toEqual([4, 0]);
  hide(true);
  end();
  expect(FakeTicker.running).toEqual([]);
  hide(true);
  expect(FakeTicker.running).toEqual([]);
});

it("takes frames by a timer where none is ever reported", () => {
  const end = begin();
  vi.advanceTimersByTime(2_000);
  tick();
  expect(taken).toBe(1);
  end();
  tick();
  expect(taken).toBe(1);
});

it("takes frames by a timer where browsers cannot report them, once there is something to take", () => {
  const old = { readyState: 0 } as { readyState: number };
  const end = begin(old as HTMLVideoElement);
  vi.advanceTimersByTime(2_000);
  tick();
  expect(taken).toBe(0);
  old.readyState = 2;
  tick();
  expect(taken).toBe(1);
  end();
});
