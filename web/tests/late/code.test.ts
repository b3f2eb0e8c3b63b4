// @vitest-environment happy-dom
import { beforeEach, expect, it } from "vitest";
import { EDIT, type EditDetail, listen } from "../../src/constants.ts";
import { CodeField } from "../../src/late/code.ts";

let element: CodeField;

beforeEach(async () => {
  element = new CodeField();
  element.component = 7;
  element.props = {
    ...{ label: "Program", info: null, show_label: true, container: true, interactive: true, visible: true },
    ...{
      value: "",
      language: "python",
      lines: 5,
      max_lines: null,
      wrap_lines: false,
      line_numbers: true,
      buttons: ["copy"],
    },
  } as unknown as CodeField["props"];
  document.body.replaceChildren(element);
  await element.updateComplete;
});

async function show(value: string, more: Partial<CodeField["props"]> = {}): Promise<void> {
  element.props = { ...element.props, value, ...more };
  await element.updateComplete;
}

const field = (): HTMLTextAreaElement => element.querySelector("textarea") as HTMLTextAreaElement;
const lines = (): HTMLElement[] => [...element.querySelectorAll<HTMLElement>(".ms-lines > div")];
const press = (key: string, more: KeyboardEventInit = {}): boolean =>
  field().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));

it("draws each line in colour, as text whatever is in it", async () => {
  await show('def f():\n    """a\n    <b>"""\n\n    return 1');
  expect(lines().map((line) => line.textContent)).toEqual(["def f():", '    """a', '    <b>"""', "\n", "    return 1"]);
  expect(lines().map((line) => [...line.children].map((word) => word.className))).toEqual([
    ["ms-c-k", "ms-c-n"],
    ["ms-c-s"],
    ["ms-c-s"],
    [],
    ["ms-c-k", "ms-c-m"],
  ]);
});

it("makes only those lines anew that have changed", async () => {
  await show("a = 1\nb = 2\nc = 3");
  const before = lines();
  await show("a = 1\nb = 20");
  expect(lines()[0]).toBe(before[0]);
  expect(lines().map((line) => line.textContent)).toEqual(["a = 1", "b = 20"]);
});

it("keeps the cursor where it is when the app changes the text elsewhere", async () => {
  await show("one\ntwo");
  field().focus();
  field().setSelectionRange(5, 6);
  await show("zero\none\ntwo");
  expect([field().selectionStart, field().selectionEnd]).toEqual([10, 11]);
  expect(field().value).toBe("zero\none\ntwo");
});

it("indents with Tab and Enter, and lets go after Escape", async () => {
  const said: EditDetail[] = [];
  listen(element, EDIT, (edit) => said.push(edit));
  await show("for x in y:");
  field().setSelectionRange(11, 11);
  press("Enter");
  expect(said.at(-1)).toEqual({ component: 7, value: "for x in y:\n    " });
  await element.updateComplete;
  press("Tab", { shiftKey: true });
  await element.updateComplete;
  expect(field().value).toBe("for x in y:\n");
  await show("a\nb");
  field().setSelectionRange(0, 3);
  expect(press("Tab")).toBe(false);
  expect(field().value).toBe("    a\n    b");
  press("Escape");
  expect(press("Tab")).toBe(true);
});

it("has no field where it is only shown", async () => {
  await show("x", { interactive: false, buttons: [] });
  expect(element.querySelector("textarea, button")).toBeNull();
  expect(element.querySelector('[role="group"]')?.getAttribute("tabindex")).toBe("0");
});
