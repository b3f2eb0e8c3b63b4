import { describe, expect, it } from "vitest";
import { SampleClock } from "../../src/capture/sample_clock.ts";

const RATE = 48_000;
const BLOCK = 512;
const BLOCK_US = (BLOCK / RATE) * 1e6;

/** Numbers in 0..1 that are the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** Errors in microseconds of all blocks of `seconds`, which arrive late as `delayUs` says, from a device that drifts. */
function errors(
  seconds: number,
  delayUs: (atUs: number) => number,
  drift = 0,
  clock = new SampleClock(RATE),
): number[] {
  const found: number[] = [];
  for (let block = 0; block * BLOCK_US < seconds * 1e6; block++) {
    const trueUs = 1_000_000 + block * BLOCK_US * (1 + drift);
    const arrivedUs = trueUs + BLOCK_US * (1 + drift) + delayUs(trueUs);
    found.push(clock.startOf(BLOCK, arrivedUs) - trueUs);
  }
  return found;
}

const worst = (values: number[]): number => Math.max(...values.map(Math.abs));

describe("the microphone's time", () => {
  it("is exact where nothing is late", () => {
    expect(worst(errors(60, () => 0))).toBeLessThanOrEqual(1);
  });

  it("does not follow the delays on the way", () => {
    const next = random(7);
    const late = errors(60, () => 20_000 * next() ** 2);
    expect(worst(late.slice(100))).toBeLessThan(300);
  });

  it.each([100e-6, -100e-6])("follows a device whose clock runs differently: %d", (drift) => {
    const next = random(11);
    const late = errors(600, () => 8_000 * next() ** 2, drift);
    expect(worst(late.slice(200))).toBeLessThan(700);
  });

  it("stays where it is while a thread is busy", () => {
    const busyUs = (atUs: number): number => (atUs > 5e6 && atUs < 5.3e6 ? 5.3e6 - atUs : 0);
    expect(worst(errors(10, busyUs))).toBeLessThanOrEqual(1);
  });

  it("knows within seconds that samples were lost", () => {
    const gapUs = (atUs: number): number => (atUs > 5e6 ? 250_000 : 0);
    const found = errors(15, gapUs);
    expect(found.at(-1)).toBeCloseTo(250_000, -2);
    expect(found[Math.round(9.2e6 / BLOCK_US)]).toBeCloseTo(250_000, -2);
  });

  it("leaves out what the device is known to take", () => {
    const found = errors(1, () => 0, 0, new SampleClock(RATE, 0.01));
    expect(worst(found.map((error) => error + 10_000))).toBeLessThanOrEqual(1);
  });
});
