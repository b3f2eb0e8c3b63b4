// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { EDIT, FIRE, listen } from "../../src/constants.ts";
import { Examples } from "../../src/elements/examples.ts";

test("a sample that is chosen is told by its number, and then the events", async () => {
  const samples = new Examples();
  samples.component = 7;
  const value = [[{ text: "a" }], [{ text: "b" }]];
  samples.props = {
    ...{ label: "Data", info: null, show_label: true, container: true, interactive: true, visible: true },
    ...{ elem_id: null, elem_classes: [], scale: null, min_width: 160, value, headers: ["Text"], names: null },
    ...{ per_page: 10, is_table: true, chooses: true },
  } as Examples["props"];
  document.body.append(samples);
  await samples.updateComplete;
  const said: unknown[] = [];
  listen(document, EDIT, (edit) => said.push(edit));
  listen(document, FIRE, ({ event }) => said.push(event));

  expect(samples.querySelector("table")).not.toBeNull();
  samples.querySelectorAll<HTMLButtonElement>(".ms-example")[1]?.click();

  expect(said).toEqual([{ component: 7, value, wire: 1 }, "select", "click"]);
});
