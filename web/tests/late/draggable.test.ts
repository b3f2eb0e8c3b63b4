// @vitest-environment happy-dom
import { afterEach, expect, test } from "vitest";
import { Draggable } from "../../src/late/draggable.ts";
import type { Node } from "../../src/manifest.ts";

const NODE = { id: 1, type: "draggable", children: [] } as unknown as Node;

function shown(orientation = "column"): Draggable {
  const element = new Draggable();
  const children = ["a", "b", "c"].map((text) => Object.assign(document.createElement("p"), { textContent: text }));
  element.hold(NODE, () => children);
  element.apply({ orientation });
  document.body.append(element);
  return element;
}

const order = (element: Element): string => [...element.querySelectorAll("p")].map((each) => each.textContent).join("");

function press(element: Element, text: string, key: string): HTMLElement {
  const items = [...element.querySelectorAll<HTMLElement>(".ms-movable")];
  const handle = items.find((item) => item.textContent?.includes(text))?.querySelector("button") as HTMLElement;
  handle.focus();
  handle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  return handle;
}

afterEach(() => document.body.replaceChildren());

test("arrow keys move a part, and the focus stays with it", () => {
  const element = shown();
  const handle = press(element, "a", "ArrowDown");
  expect(order(element)).toBe("bac");
  expect(document.activeElement).toBe(handle);
  press(element, "a", "ArrowRight");
  expect(order(element)).toBe("bca");
  expect(element.querySelector('[role="status"]')?.textContent).toBe("Place 3 of 3");
  press(element, "c", "ArrowUp");
  expect(order(element)).toBe("cba");
});

test("the first and the last part stay", () => {
  const element = shown("row");
  press(element, "a", "ArrowLeft");
  press(element, "c", "ArrowDown");
  press(element, "b", "x");
  expect(order(element)).toBe("abc");
  expect(element.dataset["orientation"]).toBe("row");
});
