// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import type { Node } from "../../src/manifest.ts";
import { Tabs } from "../../src/shell/tabs.ts";

const node = (id: number, ...labels: string[]): Node => ({
  id,
  type: "tabs",
  children: labels.map((label, at) => ({ id: id * 10 + at, type: "tab", props: { label } })),
});

function open(id: number, ...labels: string[]): Tabs {
  const tabs = new Tabs(node(id, ...labels), () => []);
  document.body.append(tabs.element);
  return tabs;
}

const front = ({ element }: Tabs): string | null | undefined =>
  element.querySelector("[aria-selected=true]")?.textContent;

const press = ({ element }: Tabs, at: number): void => element.querySelectorAll("button")[at]?.click();

beforeEach(() => history.replaceState(null, "", "/"));

test("the tab in front is in the address, but for the first", () => {
  const tabs = open(1, "See it", "Hear it");
  press(tabs, 1);
  expect(location.hash).toBe("#hear-it");
  expect(front(open(1, "See it", "Hear it"))).toBe("Hear it"); // as after a reload

  press(tabs, 0);
  expect(location.hash).toBe("");
});

test("Back returns to the tab before", () => {
  const tabs = open(2, "One", "Two");
  press(tabs, 1);
  history.replaceState(null, "", "/");
  window.dispatchEvent(new PopStateEvent("popstate"));

  expect(front(tabs)).toBe("One");
});

test("tabs of the same names do not mix, and each keeps its own", () => {
  const [first, second] = [open(3, "Code", "Text"), open(4, "Code", "Text")];
  press(second, 1);
  expect(front(first)).toBe("Code");
  press(first, 1);

  expect([front(open(3, "Code", "Text")), front(open(4, "Code", "Text"))]).toEqual(["Text", "Text"]);
  press(second, 0);
  expect([front(open(3, "Code", "Text")), front(open(4, "Code", "Text"))]).toEqual(["Text", "Code"]);
});
