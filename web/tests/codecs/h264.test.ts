import { expect, it } from "vitest";
import { H264 } from "../../src/codecs/h264.ts";

const settled = (...data: number[]): number[] => {
  const bytes = Uint8Array.from(data);
  H264.settle?.(bytes);
  return [...bytes];
};

it("lengths in front of units become start codes, and start codes stay", () => {
  const units = [0, 0, 0, 1, 9, 16, 0, 0, 0, 1, 103, 66, 192, 0, 0, 0, 1, 104];
  expect(settled(0, 0, 0, 2, 9, 16, 0, 0, 0, 3, 103, 66, 192, 0, 0, 0, 1, 104)).toEqual(units);
  expect(settled(...units)).toEqual(units);
  expect(settled(0, 0, 1, 103, 66, 192)).toEqual([0, 0, 1, 103, 66, 192]);
  expect(settled(0, 0)).toEqual([0, 0]);
  expect(settled()).toEqual([]);
  // A length that looks like a start code.
  expect(settled(0, 0, 1, 2, ...Array(258).fill(7)).slice(0, 5)).toEqual([0, 0, 0, 1, 7]);
});
