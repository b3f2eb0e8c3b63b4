// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { FIRE, listen } from "../../src/constants.ts";
import { Walkthrough } from "../../src/late/walkthrough.ts";
import type { Node } from "../../src/manifest.ts";

const step = (id: number, props: object = {}): Node => ({
  id,
  type: "step",
  props: { label: `S${id}`, id: null, visible: true, interactive: true, elem_id: null, elem_classes: [], ...props },
  children: [],
});

function open(...children: Node[]): { element: Walkthrough; fired: unknown[]; buttons: () => HTMLButtonElement[] } {
  const element = new Walkthrough();
  document.body.replaceChildren(element);
  const parts = element.hold({ id: 1, type: "walkthrough", props: {}, children }, ({ id }) => {
    const input = document.createElement("input");
    input.id = `in-${id}`;
    return [input];
  });
  element.apply({}, { selected: null });
  const fired: unknown[] = [];
  listen(element, FIRE, ({ component, event, data }) => fired.push([component, event, data]));
  Object.assign(element, { parts });
  return { element, fired, buttons: () => [...element.querySelectorAll("button")] };
}

test("the app leads on, and the user may go back, not ahead", () => {
  const { element, fired, buttons } = open(step(2), step(3), step(4));
  expect(buttons().map(({ disabled }) => disabled)).toEqual([false, true, true]);

  element.apply({}, { selected: 2 });
  expect(fired.splice(0)).toEqual([
    [4, "select", { index: 2, value: "S4", selected: true }],
    [1, "change", { index: 2, value: "S4", selected: true }],
  ]);
  expect(element.querySelector("[aria-current]")?.textContent).toContain("S4");
  expect(element.querySelectorAll(".ms-done").length).toBe(2);

  buttons()[1]?.click();
  expect(fired.map((each) => (each as unknown[]).slice(0, 2))).toEqual([
    [3, "select"],
    [1, "select"],
    [1, "change"],
  ]);
  expect([...element.querySelectorAll("section")].map(({ hidden }) => hidden)).toEqual([true, false, true]);
});

test("a step by its id, one that is not there, and one that cannot be gone back to", () => {
  const { element, buttons } = open(
    step(2, { id: "a", interactive: false }),
    step(3, { visible: false }),
    step(4, { id: "c" }),
  );
  expect(element.querySelector("ol")?.dataset["words"]).toBe("Step 1 of 2");

  element.apply({}, { selected: "c" });
  expect(element.querySelector("[aria-current]")?.textContent).toContain("S4");
  expect(buttons()[0]?.disabled).toBe(true);
});

test("the keyboard goes on in the next step", () => {
  const { element } = open(step(2), step(3));
  element.querySelector<HTMLElement>("#in-2")?.focus();
  element.apply({}, { selected: 1 });
  expect(document.activeElement).toBe(element.querySelectorAll("section")[1]);
});
