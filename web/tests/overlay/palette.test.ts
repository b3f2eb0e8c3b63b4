import { expect, it } from "vitest";
import { colorOf, inkOn, luminanceOf, PALETTE } from "../../src/overlay/palette.ts";

const plain = { color: null, id: null, label: null };

it("an identity keeps its colour, whatever its label becomes", () => {
  expect(colorOf({ ...plain, id: 12, label: "cat" })).toBe(colorOf({ ...plain, id: 12, label: "dog" }));
  expect(colorOf({ ...plain, id: 12 })).not.toBe(colorOf({ ...plain, id: 13 }));
});

it("a label keeps its colour where there is no identity", () => {
  expect(colorOf({ ...plain, label: "cat" })).toBe(colorOf({ ...plain, label: "cat" }));
  const found = new Set(
    ["person", "dog", "cat", "car", "bus", "cup", "tie"].map((label) => colorOf({ ...plain, label })),
  );
  expect(found.size).toBeGreaterThan(3);
});

it("the app's own colour comes first", () => {
  expect(colorOf({ color: "rgb(1 2 3)", id: 1, label: "cat" })).toBe("rgb(1 2 3)");
});

it("an identity as large as the wire has is a colour", () => {
  expect(PALETTE).toContain(colorOf({ ...plain, id: 2 ** 32 - 2 }));
});

it.each([...PALETTE, "rgb(0 0 0)", "rgb(255 255 255)", "rgb(127 127 127)", "rgb(255 0 0)"])(
  "text on %s has a contrast of 4.5 at least",
  (color) => {
    const ink = inkOn(color) === "#fff" ? 1 : 0;
    const [light, dark] = [Math.max(ink, luminanceOf(color)), Math.min(ink, luminanceOf(color))];
    expect((light + 0.05) / (dark + 0.05)).toBeGreaterThanOrEqual(4.5);
  },
);

/** A colour as those see it who lack one kind of cone: Viénot, Brettel and Mollon (1999), in linear light. */
const SEEN_BY = {
  protanopes: [
    [0.11238, 0.88762, 0],
    [0.11238, 0.88762, 0],
    [0.00401, -0.00401, 1],
  ],
  deuteranopes: [
    [0.29275, 0.70725, 0],
    [0.29275, 0.70725, 0],
    [-0.02234, 0.02234, 1],
  ],
};

it.each(Object.entries(SEEN_BY))("no two colours of the palette are one to %s", (_who, matrix) => {
  const linear = (hex: string): number[] =>
    [1, 3, 5].map((at) => (Number.parseInt(hex.slice(at, at + 2), 16) / 255) ** 2.2);
  const seen = PALETTE.map((hex) => {
    const light = linear(hex);
    return matrix.map(
      (row) =>
        Math.max(
          0,
          row.reduce((sum, part, at) => sum + part * (light[at] as number), 0),
        ) **
        (1 / 2.2),
    );
  });
  for (const [at, one] of seen.entries()) {
    for (const other of seen.slice(at + 1)) {
      expect(Math.hypot(...one.map((level, channel) => level - (other[channel] as number)))).toBeGreaterThan(0.1);
    }
  }
});
