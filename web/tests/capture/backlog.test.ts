import { describe, expect, it } from "vitest";
import type { BacklogOptions } from "../../src/capture/backlog.ts";
import { Backlog } from "../../src/capture/backlog.ts";
import { MAX_AUDIO_BYTES } from "../../src/codecs/pcm16.ts";

const OPTIONS: BacklogOptions = { rate: 16_000, channels: 1, everyS: 0.5, keep: "all", maxBacklogS: 30 };

/** Samples that count, so that a gap, a repeat or a swap is seen. */
function counting(first: number, count: number, channels = 1): Int16Array {
  const samples = new Int16Array(count * channels);
  for (let i = 0; i < samples.length; i++) samples[i] = (first * channels + i) % 30_011;
  return samples;
}

/** A generator of pseudo-random numbers in 0..1, the same at every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

describe("the backlog", () => {
  it.each([
    [22_050, 0.25, 5_512],
    [22_050, 0.75, 16_538],
    [44_100, 0.1, 4_410],
  ])("cuts chunks as long as Python's round says: %d Hz, %d s", (rate, everyS, samples) => {
    expect(new Backlog({ ...OPTIONS, rate, everyS }).chunk).toBe(samples);
  });

  it.each([
    [16_000, 1, 0.5],
    [44_100, 2, 0.1],
    [48_000, 1, 0.0333],
  ])(
    "hands over every sample once, in order, in exact chunks: %d Hz, %d channels, %d s, ten minutes, with stalls",
    (rate, channels, everyS) => {
      const backlog = new Backlog({ ...OPTIONS, rate, channels, everyS });
      const chance = random(rate);
      const chunk = Math.round(everyS * rate);
      const block = 512;
      let put = 0;
      let got = 0;
      let stalledUntil = 0;
      const check = (stretch: { firstSample: number; samples: Int16Array }): void => {
        expect(stretch.firstSample).toBe(got);
        const count = stretch.samples.length / channels;
        for (let i = 0; i < stretch.samples.length; i++) {
          if (stretch.samples[i] !== (got * channels + i) % 30_011) throw new Error(`wrong at ${got} + ${i}`);
        }
        got += count;
      };
      while (put < rate * 600) {
        backlog.push(counting(put, block, channels), 0);
        put += block;
        if (chance() < 0.0005) stalledUntil = put + chance() * 10 * rate;
        if (put < stalledUntil) continue;
        for (let stretch = backlog.takeChunks(); stretch; stretch = backlog.takeChunks()) {
          expect((stretch.samples.length / channels) % chunk).toBe(0);
          check(stretch);
        }
      }
      for (const stretch of backlog.flush()) check(stretch);
      expect(got).toBe(put);
    },
  );

  it("joins what waits, as far as it fits into a packet", () => {
    const backlog = new Backlog({ ...OPTIONS, rate: 48_000 });
    backlog.push(new Int16Array(48_000 * 25), 0);
    const first = backlog.takeChunks();
    const bytes = first?.samples.byteLength ?? 0;
    expect(bytes).toBeLessThanOrEqual(MAX_AUDIO_BYTES);
    expect(bytes).toBeGreaterThan(MAX_AUDIO_BYTES - 2 * backlog.chunk);
    expect((first?.samples.length ?? 1) % backlog.chunk).toBe(0);
  });

  it("gives no part of a chunk before the end", () => {
    const backlog = new Backlog(OPTIONS);
    backlog.push(counting(0, 7_999), 0);
    expect(backlog.takeChunks()).toBeNull();
    expect(backlog.flush().map(({ samples }) => samples.length)).toEqual([7_999]);
  });

  it("gives one empty stretch when there is nothing to flush", () => {
    expect(new Backlog(OPTIONS).flush().map(({ samples }) => samples.length)).toEqual([0]);
  });

  it("is over when more whole chunks wait than it may hold", () => {
    const backlog = new Backlog({ ...OPTIONS, maxBacklogS: 2 });
    backlog.push(counting(0, 16_000 * 2 + 7_999), 0);
    expect(backlog.isOver).toBe(false);
    backlog.push(counting(0, 1), 0);
    expect(backlog.isOver).toBe(true);
  });

  it("holds one chunk that is longer than the bound", () => {
    const backlog = new Backlog({ ...OPTIONS, everyS: 5, maxBacklogS: 1 });
    backlog.push(counting(0, 16_000 * 6), 0);
    expect(backlog.isOver).toBe(false);
  });

  it("keeps only the newest chunk with keep=latest, and shows the gap", () => {
    const backlog = new Backlog({ ...OPTIONS, keep: "latest" });
    for (let i = 0; i < 10; i++) backlog.push(counting(i * 8_000, 8_000), i);
    expect(backlog.isOver).toBe(false);
    const chunk = backlog.takeChunks();
    expect(chunk).toMatchObject({ firstSample: 72_000, capturedUs: 9 });
    expect(chunk?.samples).toEqual(counting(72_000, 8_000));
  });

  it("knows when the first sample of a stretch was captured", () => {
    const backlog = new Backlog({ ...OPTIONS, everyS: 0.1 });
    backlog.push(counting(0, 2_000), 1_000_000);
    expect(backlog.takeChunks()?.capturedUs).toBe(1_000_000);
    backlog.push(counting(2_000, 2_000), 1_125_000);
    expect(backlog.takeChunks()?.capturedUs).toBe(1_100_000);
  });

  it("takes 10 ms for an interval of 0", () => {
    expect(new Backlog({ ...OPTIONS, everyS: 0 }).chunk).toBe(160);
  });
});
