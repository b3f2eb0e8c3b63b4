import { expect, it } from "vitest";
import { readsOf } from "../../src/session/binding_inputs.ts";
import { binding } from "./manifest.ts";

it("are the inputs of an event and of what follows it", () => {
  const reads = readsOf([
    binding({ id: 0, inputs: [1], outputs: [2] }),
    binding({ id: 1, targets: [], inputs: [3], outputs: [4], after: 0 }),
    binding({ id: 2, targets: [], inputs: [5], outputs: [], after: 1 }),
    binding({ id: 3, inputs: [6] }),
  ]);
  expect([...(reads.get(0) ?? [])]).toEqual([1, 3, 5]);
  expect([...(reads.get(1) ?? [])]).toEqual([3, 5]);
  expect([...(reads.get(3) ?? [])]).toEqual([6]);
});

it("are not what was written on the way", () => {
  const reads = readsOf([
    binding({ id: 0, inputs: [], outputs: [1] }),
    binding({ id: 1, targets: [], inputs: [1, 2], outputs: [3], after: 0 }),
  ]);
  expect([...(reads.get(0) ?? [])]).toEqual([2]);
});
