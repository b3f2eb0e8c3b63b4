import { describe, expect, it } from "vitest";
import { doing, standing } from "../../src/elements/parts/sentences.ts";
import { overall, RunEstimate } from "../../src/session/run_progress.ts";
import type { Level } from "../../src/wire/messages.ts";

const level = (changes: Partial<Level> = {}): Level => ({
  desc: "",
  index: null,
  length: null,
  fraction: null,
  unit: "steps",
  ...changes,
});
const steps = (index: number, length: number): Level => level({ index, length, fraction: index / length });

describe("the whole", () => {
  it("is known if one level is", () => {
    expect(overall([level({ index: 3 })])).toBeNull();
    expect(overall([level({ index: 3 }), level({ fraction: 0.25 })])).toBe(0.25);
    expect(overall([level({ fraction: 0.5 })])).toBe(0.5);
  });

  it("counts a loop inside as one step of the loop around it", () => {
    expect(overall([steps(1, 4), steps(5, 10)])).toBe(0.375);
    expect(overall([steps(1, 2), steps(0, 2), steps(1, 2)])).toBe(0.625);
  });

  it("is never more than all", () => {
    expect(overall([steps(4, 4), steps(5, 10)])).toBe(1);
    expect(overall([level({ fraction: 0.9 }), steps(5, 10)])).toBe(0.9);
  });
});

describe("the time that is left", () => {
  it("is told after a second, from the rate so far", () => {
    const estimate = new RunEstimate();
    expect(estimate.advance([steps(1, 10)], 100)?.leftS).toBeNull();
    expect(estimate.advance([steps(2, 10)], 100.5)?.leftS).toBeNull();
    expect(estimate.advance([steps(3, 10)], 104)?.leftS).toBeCloseTo(14);
    expect(estimate.advance([steps(10, 10)], 120)?.leftS).toBeNull();
  });

  it("begins anew with whatever begins anew", () => {
    const estimate = new RunEstimate();
    estimate.advance([steps(9, 10)], 0);
    expect(estimate.advance([steps(0, 10)], 50)?.leftS).toBeNull();
    expect(estimate.advance([steps(5, 10)], 60)?.leftS).toBeCloseTo(10);
  });

  it("is unknown without a number, and nothing is told of nothing", () => {
    const estimate = new RunEstimate();
    expect(estimate.advance([level({ desc: "Loading" })], 0)).toEqual({
      levels: [level({ desc: "Loading" })],
      fraction: null,
      leftS: null,
    });
    expect(estimate.advance([], 1)).toBeNull();
  });
});

describe("the words", () => {
  it.each([
    [[level({ desc: "Loading" })], null, null, "Loading", []],
    [[level()], null, null, "", []],
    [[level({ fraction: 0.5 })], 0.5, null, "", ["50 %"]],
    [[level({ desc: "Read", index: 3, unit: "pages" })], null, null, "Read 3 pages", []],
    [[steps(3, 10)], 0.3, 18, "3/10 steps", ["30 %", "about 20 s left"]],
    [[steps(1, 2), { ...steps(1, 3), desc: "Read" }], 2 / 3, null, "1/2 steps · Read 1/3 steps", ["66 %"]],
    [[level({ index: 0.125, length: 2.5, unit: "MB" })], null, null, "0.13/2.50 MB", []],
  ])("of %j", (levels, fraction, leftS, what, howFar) => {
    const advance = { levels: levels as Level[], fraction, leftS };
    expect([doing(advance), standing(advance)]).toEqual([what, howFar]);
  });
});
