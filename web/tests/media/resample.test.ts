import { describe, expect, it } from "vitest";
import { Resampler } from "../../src/media/resample.ts";

/** Resamples in blocks of irregular lengths, to the end. */
function resample(input: Float32Array, from: number, to: number, channels = 1): Float32Array {
  const resampler = new Resampler(from, to, channels);
  const parts: Float32Array[] = [];
  for (let at = 0, i = 0; at < input.length; i++) {
    const length = (64 + ((i * 37) % 501)) * channels;
    parts.push(resampler.push(input.subarray(at, at + length)));
    at += length;
  }
  parts.push(resampler.flush());
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

const sine = (hz: number, rate: number, seconds: number): Float32Array =>
  Float32Array.from({ length: Math.round(rate * seconds) }, (_, i) => Math.sin((2 * Math.PI * hz * i) / rate));

/** Largest difference from the same tone at the other rate, away from the ends, in decibels. */
function errorDb(hz: number, from: number, to: number): number {
  const result = resample(sine(hz, from, 0.5), from, to);
  const wanted = sine(hz, to, 0.5);
  let worst = 0;
  for (let i = 200; i < wanted.length - 200; i++)
    worst = Math.max(worst, Math.abs((result[i] ?? 0) - (wanted[i] ?? 0)));
  return 20 * Math.log10(worst);
}

describe("the resampler", () => {
  it.each([
    [48_000, 16_000],
    [44_100, 16_000],
    [16_000, 48_000],
    [44_100, 48_000],
    [48_000, 8_000],
  ])("makes exactly as many samples as it must, %d to %d Hz", (from, to) => {
    const input = new Float32Array(from + 17);
    expect(resample(input, from, to)).toHaveLength(Math.round(((from + 17) * to) / from));
  });

  it.each([
    [48_000, 16_000],
    [44_100, 16_000],
    [16_000, 48_000],
    [44_100, 48_000],
  ])("keeps a tone as it is, %d to %d Hz", (from, to) => {
    expect(errorDb(1_000, from, to)).toBeLessThan(-70);
    expect(errorDb(5_000, from, to)).toBeLessThan(-65);
  });

  it("removes what the lower rate cannot carry", () => {
    const result = resample(sine(11_000, 48_000, 0.5), 48_000, 16_000).subarray(200, -200);
    expect(20 * Math.log10(Math.max(...result.map(Math.abs)))).toBeLessThan(-65);
  });

  it("does not mix channels", () => {
    const left = sine(1_000, 48_000, 0.2);
    const stereo = Float32Array.from({ length: left.length * 2 }, (_, i) => (i % 2 ? 0 : (left[i / 2] as number)));
    const result = resample(stereo, 48_000, 16_000, 2);
    const mono = resample(left, 48_000, 16_000);
    expect(result).toHaveLength(mono.length * 2);
    expect(
      result.every((sample, i) => (i % 2 ? sample === 0 : Math.abs(sample - (mono[i / 2] as number)) < 1e-6)),
    ).toBe(true);
  });

  it("holds no more than its kernel needs", () => {
    const resampler = new Resampler(48_000, 16_000, 1);
    let made = 0;
    for (let i = 0; i < 1_000; i++) made += resampler.push(new Float32Array(480)).length;
    expect(made).toBeGreaterThan(160_000 - 100);
    expect((resampler as unknown as { held: Float32Array }).held.length).toBeLessThan(1_000);
  });
});
