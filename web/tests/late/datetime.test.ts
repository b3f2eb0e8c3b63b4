import { expect, it } from "vitest";
import { canonical, forPicker, fromPicker } from "../../src/late/datetime/moments.ts";

it.each([
  ["2026-1-3 4:05", "2026-01-03 04:05:00"],
  [" 2026-01-31T18:30:15.5 ", "2026-01-31 18:30:15"],
  ["2026-01-31", "2026-01-31 00:00:00"],
  ["NOW -  2H", "now - 2h"],
  ["now+30m", "now + 30m"],
  ["now", "now"],
  ["", ""],
])("reads %s", (text, moment) => {
  expect(canonical(text, true)).toBe(moment);
});

it.each(["2026-02-30", "2026-13-01", "2026-01-31 25:00", "yesterday", "now - 1y", "now - "])("refuses %s", (text) => {
  expect(canonical(text, true)).toBeNull();
});

it("gives the browser's own field what it understands, and takes what it gives", () => {
  expect(forPicker("2026-01-31 18:30:00", true)).toBe("2026-01-31T18:30:00");
  expect(forPicker("2026-01-31", false)).toBe("2026-01-31");
  expect(forPicker("now - 1d", true)).toBe("");
  expect(fromPicker("2026-01-31T18:30", true)).toBe("2026-01-31 18:30:00");
  expect(fromPicker("2026-01-31", false)).toBe("2026-01-31");
});
