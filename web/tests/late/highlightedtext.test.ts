// @vitest-environment happy-dom
import { beforeEach, expect, it } from "vitest";
import { EDIT, type EditDetail, FIRE, type FireDetail, listen } from "../../src/constants.ts";
import { type LabelledStretch, relabelled, tintOf, wordAt } from "../../src/late/highlightedtext/stretches.ts";
import { HighlightedText } from "../../src/late/highlightedtext.ts";

const stretches = (...pairs: [string, string | number | null][]): LabelledStretch[] =>
  pairs.map(([token, label]) => ({ token, class_or_confidence: label }));
const TEXT = stretches(["Ada met ", null], ["Babbage", "person"], [" in <b>London</b>", null]);

let element: HighlightedText;

beforeEach(async () => {
  element = new HighlightedText();
  element.component = 7;
  element.props = {
    ...{ label: "Names", info: null, show_label: true, container: true, interactive: true, visible: true },
    ...{ value: TEXT, color_map: {}, show_legend: false, show_inline_category: true, rtl: false },
  } as unknown as HighlightedText["props"];
  document.body.replaceChildren(element);
  await element.updateComplete;
});

it("labels a part of the text, which takes it from others", () => {
  expect(relabelled(TEXT, 0, 3, "person")).toEqual(
    stretches(["Ada", "person"], [" met ", null], ["Babbage", "person"], [" in <b>London</b>", null]),
  );
  expect(relabelled(TEXT, 4, 11, "verb")).toEqual(
    stretches(["Ada ", null], ["met Bab", "verb"], ["bage", "person"], [" in <b>London</b>", null]),
  );
  expect(relabelled(TEXT, 8, 15, null)).toEqual(stretches(["Ada met Babbage in <b>London</b>", null]));
});

it("finds words in either direction, in any script", () => {
  expect(wordAt("Ada met", 3, 1)).toEqual([4, 7]);
  expect(wordAt("Ada met", 4, -1)).toEqual([0, 3]);
  expect(wordAt("Ada met", 7, 1)).toBeNull();
  expect(wordAt("été, да", 0, 1)).toEqual([0, 3]);
});

it("tells scores above zero from those below by colour and strength", () => {
  const [above, below] = [tintOf(0.5, new Map()), tintOf(-3, new Map())];
  expect(above?.[1]).toBe(0.5);
  expect(below?.[1]).toBe(1);
  expect(above?.[0]).not.toBe(below?.[0]);
});

it("shows the text as text, and says which stretch was pressed", async () => {
  expect(element.querySelector("b")).toBeNull();
  expect(element.querySelector("p")?.textContent).toBe("Ada met Babbageperson in <b>London</b>");
  const fired: FireDetail[] = [];
  listen(element, FIRE, (fire) => fired.push(fire));
  element.querySelector("mark")?.click();
  expect(fired[0]).toEqual({
    component: 7,
    event: "select",
    data: { index: 1, value: ["Babbage", "person"], selected: true },
  });
});

it("labels by keyboard alone", async () => {
  const said: EditDetail[] = [];
  listen(element, EDIT, (edit) => said.push(edit));
  const text = element.querySelector("p") as HTMLElement;
  const press = async (key: string, more: KeyboardEventInit = {}): Promise<void> => {
    text.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
    await element.updateComplete;
  };
  await press("ArrowRight");
  await press("ArrowRight", { shiftKey: true });
  expect(element.querySelector("ins")?.textContent).toBe("Ada met");
  await press("ArrowLeft");
  await press("Escape");
  expect(element.querySelector("form")).toBeNull();
  await press("ArrowRight");
  await press("Enter");
  const input = element.querySelector("form input") as HTMLInputElement;
  expect(document.activeElement).toBe(input);
  input.value = "person";
  element.querySelector("form")?.dispatchEvent(new SubmitEvent("submit", { cancelable: true, bubbles: true }));
  const [first] = said.map(({ value }) => value as LabelledStretch[]);
  expect(first?.[0]).toEqual({ token: "Ada", class_or_confidence: "person" });
});

it("only shows where it is not interactive", async () => {
  element.props = { ...element.props, interactive: false, show_legend: true };
  await element.updateComplete;
  expect(element.querySelector("form, [tabindex], [role=button]")).toBeNull();
  expect(element.querySelector(".ms-labels")?.textContent?.trim()).toBe("person");
});
