// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test } from "vitest";
import { EDIT, listen } from "../../src/constants.ts";
import { BrowserState } from "../../src/late/browserstate.ts";

let said: unknown[] = [];
let end = (): void => undefined;
beforeEach(() => {
  said = [];
  end = listen(document, EDIT, ({ value }) => said.push(value));
});
afterEach(() => {
  end();
  document.body.replaceChildren();
  localStorage.clear();
});

async function made(): Promise<BrowserState> {
  const element = new BrowserState();
  element.component = 7;
  element.props = {
    ...{ label: null, info: null, show_label: true, container: true, interactive: true, visible: true, elem_id: null },
    ...{ elem_classes: [], scale: null, min_width: 160, value: [1], key: "millstream:x" },
  };
  document.body.append(element);
  await element.updateComplete;
  await new Promise((resolve) => setTimeout(resolve));
  return element;
}

test("what the browser keeps is the value, and what the app gives is kept", async () => {
  localStorage.setItem("millstream:x", "[2]");
  const element = await made();
  expect(said).toEqual([[2]]);
  element.props = { ...element.props, value: [3] };
  await element.updateComplete;
  expect(localStorage.getItem("millstream:x")).toBe("[3]");
});

test("a value that is there already, or cannot be read, is no edit", async () => {
  await made();
  localStorage.setItem("millstream:x", "[1]");
  await made();
  localStorage.setItem("millstream:x", "{broken");
  await made();
  expect(said).toEqual([]);
});

test("another tab writes", async () => {
  await made();
  dispatchEvent(new StorageEvent("storage", { key: "millstream:x", newValue: "[9]" }));
  dispatchEvent(new StorageEvent("storage", { key: "else", newValue: "[8]" }));
  expect(said).toEqual([[9]]);
});
