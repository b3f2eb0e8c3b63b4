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
  expect([store.value(1), store.value(3)]).toEqual(["a", null]);
});

it("knows what a component can do, and that others cannot", () => {
  expect([store.can(3, "captures_frames"), store.can(5, "captures_audio")]).toEqual([true, true]);
  expect([store.can(5, "captures_frames"), store.can(1, "captures_audio"), store.can(9, "shows_frames")]).toEqual([
    false,
    false,
    false,
  ]);
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

it("goes back to what was declared where another session begins, but for values", () => {
  store.update(1, { label: "b", value: "x", placeholder: "p" });
  store.update(2, { value: 7 });
  expect(store.renewed()).toEqual([
    [1, { label: manifest().components["1"]?.props["label"] ?? null, placeholder: null }],
  ]);
});

it("makes the conversation of an ended session the past of the next one", () => {
  const said = {
    ...manifest(),
    components: { 1: { type: "chatbot", capabilities: ["keeps_past" as const], props: { value: ["hello"] } } },
  };
  store = new Store(said as ReturnType<typeof manifest>);
  expect(store.renewed()).toEqual([]);
  store.update(1, { value: ["hello", "a"] });
  expect(store.renewed()).toEqual([[1, { past: ["hello", "a"], value: ["hello"] }]]);
  store.update(1, { past: ["hello", "a"], value: ["hello", "b"] });
  expect(store.renewed()).toEqual([[1, { past: ["hello", "a", "hello", "b"], value: ["hello"] }]]);
});

it("goes back to the declared look of layouts", () => {
  const root = { id: 0, type: "blocks", children: [{ id: 9, type: "row", props: { visible: true }, children: [] }] };
  store = new Store({ ...manifest(), root });
  store.update(9, { visible: false });
  expect(store.renewed()).toEqual([[9, { visible: true }]]);
});

it("puts what is new of a list to what is known of it", () => {
  store.update(1, { value: ["a", "b"] });
  expect(store.whole(1, { splice: [1, ["x", "y"]], label: "L" })).toEqual({ value: ["a", "x", "y"], label: "L" });
  expect(store.whole(1, { value: "z" })).toEqual({ value: "z" });
});

it("adds an upload to the files of a component that collects them", () => {
  const file = { file: "abc", name: "a.png", type: "image/png" };
  expect(store.received(1, file)).toBe(file);
  store.update(1, { collects: true, value: { text: "see", files: [file] } });
  expect(store.received(1, file)).toEqual({ text: "see", files: [file, file] });
  store.update(1, { value: null });
  expect(store.received(1, file)).toEqual({ text: "", files: [file] });
  store.update(1, { collects: "list", value: null });
  expect(store.received(1, file)).toEqual([file]);
  store.update(1, { value: [null, "after"] });
  expect(store.received(1, file)).toEqual([file, "after"]);
  store.update(1, { value: ["before", "after"] });
  expect(store.received(1, file)).toEqual(["before", "after", file]);
});

it("carries the text of a draft into another session, without its files", () => {
  store.edit(1, { text: "see", files: [{ file: "abc", name: "a.png", type: "image/png" }] });
  expect(store.dropFiles()).toEqual([]);
  expect(store.edits()).toEqual([[1, { text: "see", files: [] }]]);
});
