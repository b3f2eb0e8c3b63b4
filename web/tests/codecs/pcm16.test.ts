import { expect, it } from "vitest";
import { encodePcm16, toInt16 } from "../../src/codecs/pcm16.ts";

it("writes what the server reads: where it lies, its rate and channels, then the samples", () => {
  const samples = Int16Array.of(1, -1, 256).subarray(1);
  const bytes = encodePcm16({ firstSample: 2 ** 40 + 5, rate: 48_000, channels: 2, samples });
  const view = new DataView(bytes.buffer);
  expect(view.getBigUint64(0, true)).toBe(2n ** 40n + 5n);
  expect(view.getUint32(8, true)).toBe(48_000);
  expect([...bytes.subarray(12)]).toEqual([2, 0, 0, 0, 0xff, 0xff, 0, 1]);
});

it("clips, and keeps int16 that a browser made to floats", () => {
  expect([...toInt16(Float32Array.of(0, 1, -1, 2, -2, 12_345 / 32_768))]).toEqual([
    0, 32767, -32768, 32767, -32768, 12345,
  ]);
});
