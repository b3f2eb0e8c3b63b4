import { beforeEach, describe, expect, it, vi } from "vitest";
import { AudioClip } from "../../src/capture/audio_clip.ts";
import type { Microphone } from "../../src/capture/microphone.ts";

const RATE = 8_000;
const HEADER_BYTES = 44;

let port: { onmessage: ((event: { data: Float32Array }) => void) | null; close: ReturnType<typeof vi.fn> };
const full = vi.fn();
const report = vi.fn();

beforeEach(() => {
  vi.resetAllMocks();
  port = { onmessage: null, close: vi.fn() };
});

const open = (longestS: number, channels = 1): AudioClip => {
  const format = { deviceRate: RATE, rate: RATE, channels };
  return new AudioClip({ port, format } as unknown as Microphone, longestS, report, full);
};
const speak = (samples: number): void => port.onmessage?.({ data: new Float32Array(samples).fill(0.5) });
const lengthOf = (file: File | null): number => ((file?.size ?? HEADER_BYTES) - HEADER_BYTES) / 2;

describe("a clip", () => {
  it("holds all that was spoken", () => {
    const clip = open(Number.POSITIVE_INFINITY);
    for (let i = 0; i < 5; i++) speak(128);
    expect(lengthOf(clip.finish())).toBe(640);
    expect(full).not.toHaveBeenCalled();
    expect(port.close).toHaveBeenCalledOnce();
  });

  it.each([RATE, 2 * RATE])("goes on with another microphone, of %i Hz", (rate) => {
    const clip = open(Number.POSITIVE_INFINITY);
    speak(RATE);
    const first = port;
    port = { onmessage: null, close: vi.fn() };
    clip.change({ port, format: { deviceRate: rate, rate: RATE, channels: 1 } } as unknown as Microphone);
    for (let i = 0; i < rate; i += 80) speak(80);
    expect(first.close).toHaveBeenCalledOnce();
    const made = lengthOf(clip.finish());
    expect(2 * RATE - made).toBeGreaterThanOrEqual(0); // what a resampler holds back is a few milliseconds
    expect(2 * RATE - made).toBeLessThan(RATE / 100);
  });

  it("is nothing if nothing was spoken", () => {
    expect(open(1).finish()).toBeNull();
  });

  it.each([1, 2])("ends at the very sample of the longest, with %i channels", (channels) => {
    const clip = open(0.1, channels);
    for (let i = 0; i < 6; i++) speak(128 * channels);
    expect(full).not.toHaveBeenCalled();
    speak(128 * channels);
    expect(full).toHaveBeenCalled();
    speak(128 * channels);
    expect(lengthOf(clip.finish())).toBe(800 * channels);
  });
});
