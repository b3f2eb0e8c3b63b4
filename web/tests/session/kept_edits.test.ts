// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ComponentDeclaration, Manifest } from "../../src/manifest.ts";
import { keepEdits, takeEdits } from "../../src/session/kept_edits.ts";
import { Store } from "../../src/session/store.ts";
import { manifest } from "./manifest.ts";

const app = (components: { [number: number]: [type: string, label: string] }): Manifest => ({
  ...manifest(),
  components: Object.fromEntries(
    Object.entries(components).map(([number, [type, label]]): [string, ComponentDeclaration] => [
      number,
      { type, props: { label } },
    ]),
  ),
});

/** Enters values in one version of the app, and reloads another one. */
function reload(before: Manifest, edits: [number, unknown][], after: Manifest): ReturnType<typeof takeEdits> {
  const store = new Store(before);
  for (const [component, value] of edits) store.edit(component, value);
  keepEdits(before, store);
  return takeEdits(after);
}

beforeEach(() => sessionStorage.clear());

describe("what was entered", () => {
  const before = app({ 1: ["textbox", "Name"], 2: ["textbox", "Street"], 3: ["number", "Age"] });

  it("is there again after a reload, once", () => {
    expect(reload(before, [[1, "Ada"]], before)).toEqual({ edits: [[1, "Ada"]], hasFiles: false });
    expect(takeEdits(before)).toEqual({ edits: [], hasFiles: false });
  });

  it("finds its component in another version of the app, where that has another number", () => {
    const after = app({ 1: ["slider", "New"], 4: ["textbox", "Name"], 5: ["textbox", "Street"] });
    const entered: [number, unknown][] = [
      [1, "Ada"],
      [2, "Main"],
      [3, 36],
    ];
    expect(reload(before, entered, after).edits).toEqual([
      [4, "Ada"],
      [5, "Main"],
    ]);
  });

  it("is not given to one of several that look alike", () => {
    const after = app({ 4: ["textbox", "Name"], 5: ["textbox", "Name"] });
    expect(reload(before, [[1, "Ada"]], after).edits).toEqual([]);
  });

  it("has no files, which is known", () => {
    const draft = { text: "look", files: [{ file: "h", name: "a.png", type: "" }] };
    expect(
      reload(
        before,
        [
          [1, draft],
          [2, { file: "h" }],
        ],
        before,
      ),
    ).toEqual({ edits: [[1, { text: "look", files: [] }]], hasFiles: true });
  });

  it("is lost if the browser has no room for it", () => {
    const setItem = (): never => {
      throw new DOMException("full", "QuotaExceededError");
    };
    vi.stubGlobal("sessionStorage", { setItem, getItem: () => null, removeItem: () => {} });
    expect(reload(before, [[1, "Ada"]], before).edits).toEqual([]);
  });
});
