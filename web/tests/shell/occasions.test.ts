import { expect, test } from "vitest";
import type { Binding, Manifest } from "../../src/manifest.ts";
import { occasions } from "../../src/shell/occasions.ts";

const binding = (id: number, target: [number, string], outputs: number[], after: number | null = null): Binding =>
  ({ id, targets: [target], inputs: [], outputs, after }) as unknown as Binding;

const manifestOf = (bindings: Binding[]): Manifest => {
  const props = {
    1: { label: "Camera" },
    2: { label: null, value: "Run" },
    3: { label: "Question" },
    4: {},
    5: { value: "Clear", clears: true },
  };
  const components = Object.fromEntries(Object.entries(props).map(([id, props]) => [id, { type: "x", props }]));
  return { bindings, components } as unknown as Manifest;
};

test("an output is written when its source does something that the user knows by name", () => {
  const manifest = manifestOf([
    binding(0, [1, "stream"], [10]),
    binding(1, [2, "click"], [11, 10]),
    binding(2, [3, "submit"], [12]),
    binding(3, [4, "change"], [13]),
    binding(4, [4, "tick"], [14]),
  ]);

  expect(occasions(manifest)).toEqual(
    new Map([
      [10, "when you press Record"],
      [11, "when you press “Run”"],
      [12, "when you send “Question”"],
    ]),
  );
});

test("what follows another event is written on the occasion of the first", () => {
  const manifest = manifestOf([binding(0, [2, "click"], []), binding(1, [4, "then"], [10], 0)]);

  expect(occasions(manifest).get(10)).toBe("when you press “Run”");
});

test("a button that clears its outputs fills none of them", () => {
  const manifest = manifestOf([binding(0, [5, "click"], [10, 11]), binding(1, [2, "click"], [10])]);

  expect(occasions(manifest)).toEqual(new Map([[10, "when you press “Run”"]]));
});
