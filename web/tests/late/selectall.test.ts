// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { EDIT, FIRE, listen } from "../../src/constants.ts";
import { CheckboxGroup } from "../../src/elements/checkboxgroup.ts";
import { SelectAll } from "../../src/late/selectall.ts";

let group: CheckboxGroup;
const edits: unknown[] = [];
const fired: string[] = [];

async function give(more: Partial<CheckboxGroup["props"]>): Promise<HTMLInputElement> {
  group.props = { ...group.props, ...more };
  await group.updateComplete;
  return group.querySelector("ms-selectall input") as HTMLInputElement;
}

beforeEach(() => {
  group = new CheckboxGroup();
  group.props = { label: "Group", interactive: true, addons: ["selectall"], value: [], choices: [] } as never;
  [edits.length, fired.length] = [0, 0];
  listen(group, EDIT, ({ value }) => edits.push(value));
  listen(group, FIRE, ({ event }) => fired.push(event));
  document.body.replaceChildren(group);
});

test("it shows whether all, some or none are chosen, and chooses each value once", async () => {
  const choices = [
    ["a", 1],
    ["b", 2],
    ["again", 1],
  ] as const; // prettier-ignore
  const box = await give({ choices, value: [2] });
  expect(group.querySelector("ms-selectall")).toBeInstanceOf(SelectAll);
  expect([box.checked, box.indeterminate]).toEqual([false, true]);
  box.click();
  await group.updateComplete;
  expect([edits, fired]).toEqual([[[1, 2]], ["input"]]);
  expect([box.checked, box.indeterminate]).toEqual([true, false]);
  box.click();
  await group.updateComplete;
  expect(edits.at(-1)).toEqual([]);
  expect([box.checked, box.indeterminate]).toEqual([false, false]);
});

test("it stands above the choices, and not at all where there are none", async () => {
  await give({ choices: [["a", 1]] });
  expect(group.querySelector("ms-selectall")?.nextElementSibling?.className).toBe("ms-options");
  await give({ choices: [] });
  expect(group.querySelector<HTMLElement>("ms-selectall")?.hidden).toBe(true);
});
