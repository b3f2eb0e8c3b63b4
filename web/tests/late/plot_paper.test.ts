import { expect, test } from "vitest";
import { paper } from "../../src/late/plot/paper.ts";

test.each([
  [[255, 255, 255, 255], "rgb(255 255 255)", "light"],
  [[0, 0, 0, 255], "rgb(0 0 0)", "dark"],
  [[30, 30, 60, 255], "rgb(30 30 60)", "dark"],
  [[0, 0, 0, 0], "#ffffff", "light"],
])("a figure with the corner %j stands on %s", (pixel, color, scheme) => {
  expect(paper(pixel)).toEqual({ color, scheme });
});
