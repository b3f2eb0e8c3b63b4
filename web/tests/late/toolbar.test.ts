// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { Button } from "../../src/elements/button.ts";
import { Checkbox } from "../../src/elements/checkbox.ts";
import { Textbox } from "../../src/elements/textbox.ts";
import { Toolbar } from "../../src/late/toolbar.ts";

const ASKED = { label: "Text", show_label: true, container: true, addons: ["toolbar"], own_buttons: [2, 1] };

let buttons: Button[];

beforeEach(() => {
  buttons = [1, 2, 3].map((component) => Object.assign(new Button(), { component }));
  for (const button of buttons) button.props = { value: "Press" } as never;
  document.body.replaceChildren(...buttons);
});

test("its buttons are moved to the end of the caption, in the order of the app", async () => {
  const box = new Textbox();
  box.props = { ...ASKED, buttons: ["copy"] } as never;
  document.body.append(box);
  await box.updateComplete;
  const toolbar = box.querySelector(".ms-caption")?.lastElementChild;
  expect(toolbar).toBeInstanceOf(Toolbar);
  expect([...(toolbar?.children ?? [])]).toEqual([buttons[1], buttons[0]]);
  expect([...document.body.children]).toEqual([buttons[2], box]);

  box.props = { ...box.props, show_label: false, buttons: [] };
  await box.updateComplete;
  expect(box.firstElementChild).toBe(toolbar);
  expect(toolbar?.childElementCount).toBe(2);
});

test("where there is no caption it stands above", async () => {
  const box = new Checkbox();
  box.props = { ...ASKED, own_buttons: [3] } as never;
  document.body.append(box);
  await box.updateComplete;
  expect(box.firstElementChild).toBeInstanceOf(Toolbar);
  expect(box.firstElementChild?.firstElementChild).toBe(buttons[2]);
});
