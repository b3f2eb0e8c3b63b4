import { expect, it } from "vitest";
import { MarkKind } from "../../src/overlay/marks.ts";
import { summarise } from "../../src/overlay/summary.ts";
import { box } from "./marks.ts";

const named = (label: string | null, kind: number = MarkKind.BOX) => box([0, 0, 1, 1], { label, kind });

it("marks are counted by their label", () => {
  expect(summarise([named("person"), named("dog"), named("person")])).toBe("2 person, 1 dog");
  expect(summarise([named(null), named(null)])).toBe("2 unnamed");
  expect(summarise([])).toBe("nothing marked");
});

it("an object with a box and a mask is one", () => {
  expect(summarise([named("person"), named("person", MarkKind.MASK)])).toBe("1 person");
  expect(summarise([named("person"), named(null, MarkKind.KEYPOINTS)])).toBe("1 person");
});

it("texts are read out", () => {
  expect(summarise([named("dog"), named("12 km/h", MarkKind.TEXT)])).toBe("1 dog, “12 km/h”");
});

it("many labels are summed up", () => {
  const words = summarise(Array.from({ length: 20 }, (_, at) => named(`thing ${at}`)));
  expect(words).toMatch(/^1 thing 0, .*1 thing 7, 12 more$/);
});
