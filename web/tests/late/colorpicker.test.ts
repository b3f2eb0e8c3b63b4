// @vitest-environment happy-dom
import { expect, it } from "vitest";
import { EDIT, type EditDetail, listen } from "../../src/constants.ts";
import { readColor, writeColor } from "../../src/late/colorpicker/colors.ts";
import { ColorPicker } from "../../src/late/colorpicker.ts";

it.each([
  ["#f80", "#ff8800"],
  ["#FF8800", "#ff8800"],
  ["#ff880080", "#ff880080"],
  ["rgb(1, 2,3)", "rgb(1, 2, 3)"],
  ["rgba(1, 2, 3, 50%)", "rgba(1, 2, 3, 0.5)"],
])("reads %s and writes it in the same notation", (text, written) => {
  const color = readColor(text);
  expect(color && writeColor(color, text)).toBe(written);
});

it.each(["red", "#12345", "rgb(300, 0, 0)", "rgba(1, 2, 3, 2)", "url(x)", ""])("takes %s for no colour", (text) => {
  expect(readColor(text)).toBeNull();
});

it("keeps the notation and the opacity of the value, and refuses in words what is no colour", async () => {
  const element = new ColorPicker();
  element.component = 7;
  element.props = {
    ...{ label: "Color", info: null, show_label: true, container: true, interactive: true, visible: true },
    value: "rgba(0, 0, 0, 0.5)",
  } as unknown as ColorPicker["props"];
  document.body.replaceChildren(element);
  await element.updateComplete;
  const said: EditDetail[] = [];
  listen(element, EDIT, (edit) => said.push(edit));
  const [picker, text] = element.querySelectorAll("input");
  const change = async (input: HTMLInputElement | undefined, value: string, event: string): Promise<void> => {
    if (input) input.value = value;
    input?.dispatchEvent(new Event(event));
    await element.updateComplete;
  };
  await change(picker, "#ff8800", "input");
  await change(text, "purple", "change");
  expect(element.querySelector(".ms-problem")?.textContent).toContain("Write a colour such as #ff8800");
  await change(text, "#0f0", "change");
  await change(text, "", "change");
  expect(said.map(({ value }) => value)).toEqual(["rgba(255, 136, 0, 0.5)", "#00ff00", null]);
  expect(element.querySelector(".ms-problem")).toBeNull();
});
