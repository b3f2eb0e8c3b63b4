import { expect, it } from "vitest";
import { retryDelayMs } from "../../src/transport/back_off.ts";

const LOST = 1006;
const after = (random: number, code = LOST): number[] =>
  [0, 1, 2, 3, 4, 5, 6, 100].map((attempt) => Math.round(retryDelayMs(attempt, code, () => random)));

it("the first attempt comes at once, and those that follow later and later, up to five seconds", () => {
  expect(after(0.5)).toEqual([0, 100, 300, 1000, 3000, 5000, 5000, 5000]);
});

it("pages do not return together: each wait is up to 30 % shorter or longer", () => {
  expect(after(0)).toEqual([0, 70, 210, 700, 2100, 3500, 3500, 3500]);
  expect(after(1)).toEqual([0, 130, 390, 1300, 3900, 6500, 6500, 6500]);
});

it.each([1012, 1013])("those that a server has sent away (%i) come back over half a second", (code) => {
  expect([0, 0.5, 1].map((random) => retryDelayMs(0, code, () => random))).toEqual([0, 250, 500]);
  expect(after(0.5, code).slice(1)).toEqual(after(0.5).slice(1));
});
