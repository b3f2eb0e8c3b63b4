// @vitest-environment happy-dom
import { beforeEach, expect, it } from "vitest";
import { PORTION, rowsOf } from "../../src/late/json/rows.ts";
import { JsonTree } from "../../src/late/json.ts";

let element: JsonTree;
const FOUND = { size: { width: 640 }, boxes: [[1, 2, 3, 4]], "a/b": { c: { d: 1 } } };

async function show(value: unknown, more: Partial<JsonTree["props"]> = {}): Promise<void> {
  element.props = { ...element.props, value, ...more };
  await element.updateComplete;
}

beforeEach(async () => {
  element = new JsonTree();
  element.component = 7;
  element.props = {
    ...{ label: "Found", info: null, show_label: true, container: true, interactive: false, visible: true },
    ...{ value: null, open: false, show_indices: false, height: null, max_height: 500, min_height: null },
    buttons: ["copy"],
  } as unknown as JsonTree["props"];
  document.body.replaceChildren(element);
  await element.updateComplete;
});

const items = (): HTMLElement[] => [...element.querySelectorAll<HTMLElement>('[role="treeitem"]')];
const texts = (): string[] => items().map((item) => (item.textContent ?? "").trim());
const item = (text: string): HTMLElement => items()[texts().findIndex((each) => each.startsWith(text))] as HTMLElement;
const press = async (on: Element, key: string): Promise<void> => {
  on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  await element.updateComplete;
};

it("shows the outermost levels, and what fits into a line in one", async () => {
  await show(FOUND);
  const rows = ["{}", "size: {}", "width: 640", "boxes: []", "[1, 2, 3, 4]", "a/b: {}", "c: {d: 1}"];
  expect(texts()).toEqual(rows);
  await show(FOUND, { open: true, show_indices: true });
  expect(texts()).toEqual([...rows.slice(0, 4), "0: [1, 2, 3, 4]", "a/b: {}", "c: {}", "d: 1"]);
});

it("shows hostile text as text, and every scalar as what it is", async () => {
  await show({ a: "<img src=x onerror=alert(1)>", "<b>": null, c: true, d: 1.5, e: [], f: {}, g: 'say "x"\n' });
  expect(element.querySelector("img, b")).toBeNull();
  expect(texts().slice(1)).toEqual([
    ...['a: "<img src=x onerror=alert(1)>"', "<b>: null", "c: true", "d: 1.5", "e: []", "f: {}"],
    'g: "say \\"x\\"\\n"',
  ]);
});

it("leaves open and closed what the visitor opened and closed when a new value comes", async () => {
  await show(FOUND);
  item("size").click();
  item("c:").click();
  await element.updateComplete;
  expect(texts()).toEqual(["{}", "size: {width: 640}", "boxes: []", "[1, 2, 3, 4]", "a/b: {}", "c: {}", "d: 1"]);
  const kept = item("c:");
  await show({ ...FOUND, size: { width: 1280 }, "a/b": { c: { d: 2 } } });
  expect(texts().slice(-2)).toEqual(["c: {}", "d: 2"]);
  expect(item("c:")).toBe(kept);
  expect(item("size").getAttribute("aria-expanded")).toBe("false");
});

it("shows a long list a portion at a time", async () => {
  const long = Array.from({ length: 2_500 }, (_, at) => at);
  expect(rowsOf(long, 2, { toggled: new Map(), shown: new Map() })).toHaveLength(PORTION + 2);
  await show(long);
  expect(texts().at(-1)).toBe("2,400 more");
  items().at(-1)?.click();
  await element.updateComplete;
  expect(items()).toHaveLength(302);
  await show("x".repeat(5_000));
  expect(texts()[0]).toContain("all 5,000 characters");
  element.querySelector("button.ms-all")?.dispatchEvent(new Event("click", { bubbles: true }));
  await element.updateComplete;
  expect(texts()[0]).toHaveLength(5_002);
});

it("goes by keyboard from value to value", async () => {
  await show(FOUND);
  expect(items().map((each) => each.tabIndex)).toEqual([0, -1, -1, -1, -1, -1, -1]);
  items()[0]?.focus();
  await press(items()[0] as Element, "End");
  expect(document.activeElement).toBe(item("c:"));
  await press(item("c:"), "ArrowRight");
  expect(texts()).toContain("d: 1");
  await press(item("c:"), "ArrowRight");
  expect(document.activeElement).toBe(item("d: 1"));
  await press(item("d: 1"), "ArrowLeft");
  await press(item("c:"), "ArrowLeft");
  expect(texts()).not.toContain("d: 1");
  await press(item("c:"), "Home");
  await press(items()[0] as Element, "Enter");
  expect(texts()).toEqual(["{…} 3 keys"]);
});

it("says when there is no data, and then has nothing to copy", () => {
  expect(element.textContent).toContain("No data");
  expect(element.querySelector("button")).toBeNull();
});
