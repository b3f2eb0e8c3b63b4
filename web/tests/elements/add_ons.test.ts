// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { listen, NEED } from "../../src/constants.ts";
import { CheckboxGroup } from "../../src/elements/checkboxgroup.ts";

let group: CheckboxGroup;
const needed: string[] = [];

async function give(more: Partial<CheckboxGroup["props"]>): Promise<void> {
  group.props = { ...group.props, ...more };
  await group.updateComplete;
}

beforeEach(async () => {
  group = new CheckboxGroup();
  group.props = { label: "Group", choices: [["a", "a"]], value: [], interactive: true } as never;
  needed.length = 0;
  listen(group, NEED, ({ type }) => needed.push(type));
  document.body.replaceChildren(group);
  await group.updateComplete;
});

test("an add-on whose script is not there is asked for once, and shown when it comes", async () => {
  await give({ addons: ["testlate"] });
  await give({ value: ["a"] });
  expect(needed).toEqual(["testlate"]);
  expect(group.querySelectorAll("ms-testlate").length).toBe(1);

  const shown: unknown[] = [];
  class Late extends HTMLElement {
    show(extended: CheckboxGroup): void {
      shown.push(extended.props.value);
    }
  }
  customElements.define("ms-testlate", Late);
  await customElements.whenDefined("ms-testlate");
  await give({ value: [] });
  expect(shown.at(-1)).toEqual([]);
});

test("an add-on that is not asked for any more goes", async () => {
  await give({ addons: ["testlate", "testother"] });
  await give({ addons: ["testother"] });
  expect(group.querySelector("ms-testlate")).toBe(null);
  expect(group.querySelector("ms-testother")).not.toBe(null);
  await give({ addons: [] });
  expect(group.querySelector("ms-testother")).toBe(null);
});
