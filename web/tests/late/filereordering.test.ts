// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { EDIT, listen } from "../../src/constants.ts";
import { FileField } from "../../src/elements/file.ts";
import "../../src/late/filereordering.ts";

let field: FileField;
const orders: string[] = [];

const files = (names: string): object[] => [...names].map((name) => ({ file: name, name, type: "text/plain" }));
const handles = (): HTMLElement[] => [...field.querySelectorAll<HTMLElement>(".ms-handle")];
const isOffered = (): boolean[] => handles().map((handle) => !handle.hasAttribute("hidden"));

async function give(more: object): Promise<void> {
  field.props = { ...field.props, ...more };
  await field.updateComplete;
}

async function press(at: number, key: string): Promise<void> {
  handles()[at]?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  await field.updateComplete;
}

beforeEach(async () => {
  field = new FileField();
  const given = { label: "Files", interactive: true, accept: [], max_files: 9, folder: false, height: null };
  field.props = { ...given, addons: ["filereordering"], value: files("abc") } as never;
  orders.length = 0;
  listen(field, EDIT, ({ value }) => orders.push((value as { name: string }[]).map(({ name }) => name).join("")));
  document.body.replaceChildren(field);
  await field.updateComplete;
});

test("arrow keys move a file, and the focus goes on with it", async () => {
  await press(0, "ArrowDown");
  expect(document.activeElement).toBe(handles()[1]);
  await press(1, "ArrowDown");
  await press(2, "ArrowDown");
  await press(2, "x");
  await press(0, "ArrowUp");
  expect(orders).toEqual(["bac", "bca"]);
  expect(handles().map((handle) => handle.getAttribute("aria-label"))).toEqual(["Move b", "Move c", "Move a"]);
  expect(field.querySelector('[role="status"]')?.textContent).toBe("Place 3 of 3");
});

test("there is no handle where there is no other order", async () => {
  expect(isOffered()).toEqual([true, true, true]);
  await give({ value: files("a") });
  expect(isOffered()).toEqual([false]);
  await give({ value: [...files("a"), { url: "https://example.org/b" }] });
  expect(isOffered()).toEqual([true, true]);
  await give({ value: files("ab"), interactive: false });
  expect(isOffered()).toEqual([false, false]);
  await give({ interactive: true });
  expect(isOffered()).toEqual([true, true]);
  await give({ addons: [] });
  expect(handles()).toEqual([]);
});
