import { describe, expect, it } from "vitest";
import { CameraInterval, FramePace } from "../../src/capture/frame_pace.ts";

/** Which of the frames at `times` are taken. */
function taken(everyS: number, times: number[], mayTake: (us: number) => boolean = () => true): number[] {
  const pace = new FramePace(everyS);
  const interval = new CameraInterval();
  return times.filter((us) => {
    interval.tick(us);
    if (!mayTake(us) || !pace.isDue(us, interval.us)) return false;
    pace.take(us);
    return true;
  });
}

const camera = (seconds: number, fps = 30): number[] =>
  Array.from({ length: Math.round(seconds * fps) }, (_, i) => Math.round((i * 1e6) / fps));

describe("the pace", () => {
  it.each([0.05, 0.1, 0.25, 0.4])("keeps %d s in the mean over ten minutes", (everyS) => {
    const frames = taken(everyS, camera(600));
    const mean = ((frames.at(-1) as number) - (frames[0] as number)) / (frames.length - 1) / 1e6;
    expect(mean).toBeCloseTo(everyS, 4);
  });

  it("takes the camera's frame that is nearest to the time due", () => {
    const times = camera(10);
    const frames = taken(0.1, times);
    for (const [index, frame] of frames.entries()) {
      expect(Math.abs(frame - index * 100_000)).toBeLessThanOrEqual(1e6 / 30 / 2 + 1);
    }
  });

  it("takes every frame at 0", () => {
    expect(taken(0, camera(5))).toHaveLength(150);
  });

  it("takes every frame of a camera that is slower than the interval", () => {
    expect(taken(0.05, camera(10, 10))).toHaveLength(100);
  });

  it("begins anew at now after a stall, without catching up", () => {
    const frames = taken(0.1, camera(10), (us) => us < 2e6 || us > 5e6);
    const late = frames.filter((us) => us > 5e6);
    expect(late[0]).toBeLessThan(5.04e6);
    for (let i = 1; i < late.length; i++) {
      expect((late[i] as number) - (late[i - 1] as number)).toBeGreaterThan(60_000);
    }
    expect(late).toHaveLength(50);
  });

  it("takes the next frame when a stream begins its turn", () => {
    const pace = new FramePace(10);
    pace.take(0);
    expect(pace.isDue(1e6, 33_000)).toBe(false);
    pace.restart();
    expect(pace.isDue(1e6, 33_000)).toBe(true);
  });
});

it("smooths the camera's interval", () => {
  const interval = new CameraInterval();
  expect(interval.us).toBe(0);
  for (let i = 0; i < 100; i++) interval.tick(i * 33_000 + (i % 2) * 8_000);
  expect(interval.us).toBeGreaterThan(30_000);
  expect(interval.us).toBeLessThan(36_000);
});

describe("a pace that is aimed", () => {
  it("takes the frame nearest to where it is told, once it has begun", () => {
    const pace = new FramePace(0.1);
    pace.aim(90_000);
    expect(pace.isDue(0, 33_000)).toBe(true);
    pace.take(0);
    pace.aim(150_000);
    expect(pace.isDue(120_000, 33_000)).toBe(false);
    expect(pace.isDue(140_000, 33_000)).toBe(true);
  });
});
