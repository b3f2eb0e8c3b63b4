import { beforeEach, describe, expect, it } from "vitest";
import { FIRST_S, JitterBuffer } from "../../src/playback/jitter.ts";

const RATE = 16_000;
const QUANTUM = 128;
const ENOUGH = FIRST_S * RATE;

let buffer: JitterBuffer;

beforeEach(() => {
  buffer = new JitterBuffer(RATE, 1);
});

/** What is heard in some quanta, as int16. */
function pull(quanta = 1, channels = 1): number[][] {
  const heard: number[][] = Array.from({ length: channels }, () => []);
  for (let i = 0; i < quanta; i++) {
    const output = Array.from({ length: channels }, () => new Float32Array(QUANTUM).fill(9));
    buffer.pull(output);
    for (const [channel, samples] of output.entries()) {
      heard[channel]?.push(...Array.from(samples, (sample) => Math.round(sample * 32768)));
    }
  }
  return heard;
}

const rise = (from: number, length: number): Int16Array => Int16Array.from({ length }, (_, at) => from + at);
const numbers = (from: number, length: number): number[] => Array.from(rise(from, length));

describe("sound", () => {
  it("is heard from the first sample to the last, whatever its pieces", () => {
    let at = 1;
    for (const length of [960, 1, 127, 128, 129, 7, 320]) {
      buffer.push(rise(at, length));
      at += length;
    }
    buffer.end();
    const heard = pull(20)[0] ?? [];
    expect(heard.slice(0, at - 1)).toEqual(numbers(1, at - 1));
    expect(buffer.played).toBe(at - 1);
    expect(buffer.gaps).toBe(0);
    expect(buffer.isOver).toBe(true);
  });

  it("keeps its channels apart", () => {
    buffer = new JitterBuffer(RATE, 2);
    buffer.push(Int16Array.from({ length: 512 }, (_, at) => (at % 2 ? -at : at)));
    buffer.end();
    const [left, right] = pull(2, 2);
    expect(left?.slice(0, 4)).toEqual([0, 2, 4, 6]);
    expect(right?.slice(0, 4)).toEqual([-1, -3, -5, -7]);
    expect(buffer.played).toBe(256);
  });

  it("gathers a little before it is heard", () => {
    buffer.push(rise(1, ENOUGH - 1));
    expect(pull()[0]).toEqual(Array(QUANTUM).fill(0));
    buffer.push(rise(ENOUGH, 1));
    expect(pull()[0]).toEqual(numbers(1, QUANTUM));
  });

  it("does not wait longer for company than it would take to gather it", () => {
    buffer.push(rise(1, 320));
    const quiet = Math.ceil(ENOUGH / QUANTUM);
    expect(pull(quiet)[0]?.every((sample) => sample === 0)).toBe(true);
    expect(pull()[0]).toEqual(numbers(1, QUANTUM));
  });

  it("is silent before there is any", () => {
    expect(pull(50)[0]?.every((sample) => sample === 0)).toBe(true);
    expect(buffer.gaps).toBe(0);
    expect(buffer.isOver).toBe(false);
  });
});

describe("a gap", () => {
  const loud = (length: number): Int16Array => new Int16Array(length).fill(20_000);

  it("fades out, is counted, and rises again; no sample is lost", () => {
    buffer.push(loud(ENOUGH));
    const [first] = pull(10);
    expect(buffer.gaps).toBe(1);
    const fading = first?.slice(ENOUGH) ?? [];
    expect(fading[0]).toBeLessThan(20_000);
    expect(fading[0]).toBeGreaterThan(15_000);
    expect(fading.at(-1)).toBe(0);
    buffer.push(loud(ENOUGH * 2));
    const [second] = pull(2);
    expect(Math.max(...(second ?? []).slice(0, 2))).toBeLessThan(2_000);
    expect(second?.at(-1)).toBe(20_000);
    buffer.end();
    pull(100);
    expect(buffer.played).toBe(ENOUGH * 3);
  });

  it("makes the next start more careful, up to half a second", () => {
    for (let gap = 1; gap <= 6; gap++) {
      buffer.push(loud(RATE));
      pull(RATE / QUANTUM + 1);
      expect(buffer.gaps).toBe(gap);
    }
    buffer.push(loud(RATE / 2 - 1));
    expect(pull()[0]?.every((sample) => sample === 0)).toBe(true);
    buffer.push(loud(1));
    pull();
    expect(buffer.played).toBe(6 * RATE + QUANTUM);
  });

  it("after a long calm makes it bolder again", () => {
    for (let gap = 0; gap < 2; gap++) {
      buffer.push(loud(RATE));
      pull(RATE / QUANTUM + 1);
    }
    buffer.push(loud(21 * RATE));
    pull((21 * RATE) / QUANTUM + 1);
    buffer.push(loud(ENOUGH * 2));
    pull();
    expect(buffer.played).toBe(23 * RATE + QUANTUM);
  });

  it("is none at the end", () => {
    buffer.push(loud(ENOUGH));
    buffer.end();
    pull(10);
    expect(buffer.gaps).toBe(0);
    expect(buffer.isOver).toBe(true);
  });
});
