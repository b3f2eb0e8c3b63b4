import { expect, it } from "vitest";
import { mirrorPlanes, mirrorsPlanes } from "../../src/codecs/mirror.ts";

/** Planes of numbers that are all different: rows of samples of so many bytes each. */
const planes = {
  I420: [
    [16, 4, 1],
    [8, 2, 1],
    [8, 2, 1],
  ],
  NV12: [
    [16, 4, 1],
    [8, 2, 2],
  ],
} as const;

it.each(["I420", "NV12"] as const)("mirrors each row of each plane of %s", (format) => {
  const data = Uint8Array.from({ length: 96 }, (_, at) => at + 1);
  const expected: number[] = [];
  let from = 0;
  for (const [columns, rows, bytes] of planes[format]) {
    for (let row = 0; row < rows; row++, from += columns * bytes) {
      for (let column = columns - 1; column >= 0; column--) {
        for (let byte = 0; byte < bytes; byte++) expected.push(data[from + column * bytes + byte] as number);
      }
    }
  }
  mirrorPlanes(data, format, 16, 4);
  expect([...data]).toEqual(expected);
});

it("mirrors a row in the middle of which a word stands", () => {
  const data = Uint8Array.from({ length: 24 * 2 * 1.5 }, (_, at) => at);
  const row = [...data.subarray(0, 24)].reverse();
  mirrorPlanes(data, "I420", 24, 2);
  expect([...data.subarray(0, 24)]).toEqual(row);
});

it.each([
  ["I420", 640, 480, true],
  ["NV12", 1280, 720, true],
  ["I420", 642, 480, false],
  ["I420", 640, 479, false],
  ["BGRX", 640, 480, false],
  [null, 640, 480, false],
])("of %s with %i x %i pixels: %s", (format, width, height, isSo) => {
  expect(mirrorsPlanes({ format, visibleRect: { width, height } } as VideoFrame)).toBe(isSo);
});
