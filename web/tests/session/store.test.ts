import { beforeEach, expect, it } from "vitest";
import { Store } from "../../src/session/store.ts";
import { manifest } from "./manifest.ts";

let store: Store;
beforeEach(() => {
  store = new Store(manifest());
});

it("has what was declared, and what changed since", () => {
  store.update(1, { label: "b" });
  expect(store.props(1)).toEqual({ value: "a", label: "b" });
  expect([store.value(1), store.typeOf(1), store.value(3)]).toEqual(["a", "textbox", null]);
});

it("remembers what the user typed, until the server writes over it", () => {
  store.edit(1, "typed");
  store.edit(2, 5);
  store.update(2, { value: 7 });
  store.update(1, { label: "c" });
  expect(store.edits()).toEqual([[1, "typed"]]);
});

it("does not carry files into another session", () => {
  store.edit(3, { file: "abc", name: "a.png", type: "image/png" });
  expect(store.edits()).toEqual([]);
  expect(store.dropFiles()).toEqual([3]);
  expect(store.value(3)).toBeNull();
  expect(store.dropFiles()).toEqual([]);
});
