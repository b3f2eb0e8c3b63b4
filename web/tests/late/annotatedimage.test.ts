// @vitest-environment happy-dom
import { beforeEach, expect, it } from "vitest";
import { FIRE, type FireDetail, listen } from "../../src/constants.ts";
import { AnnotatedImage } from "../../src/late/annotatedimage.ts";

let element: AnnotatedImage;
const LEGEND = JSON.stringify([
  ["cat", "rgb(255 0 0)"],
  ["<b>dog</b>", "rgb(0 0 255)"],
]);

beforeEach(() => {
  element = new AnnotatedImage();
  element.component = 7;
  element.props = {
    ...{ label: "Found", info: null, show_label: true, container: true, interactive: false, visible: true },
    ...{ value: { legend: LEGEND }, height: null, width: null, show_legend: true, buttons: [] },
  } as unknown as AnnotatedImage["props"];
  document.body.replaceChildren(element);
});

const entries = (): (string | undefined)[] =>
  [...element.querySelectorAll(".ms-entry")].map((entry) => entry.textContent?.trim());

it("lists the labels, as text whatever is in them", async () => {
  await element.updateComplete;
  expect(entries()).toEqual(["cat", "<b>dog</b>"]);
  expect(element.querySelector("b, button")).toBeNull();
});

it("lists none if the app does not want that, or there are none", async () => {
  element.props = { ...element.props, show_legend: false };
  await element.updateComplete;
  expect(entries()).toEqual([]);
  element.props = { ...element.props, show_legend: true, value: null };
  await element.updateComplete;
  expect(entries()).toEqual([]);
});

it("says which label was chosen, if the app listens", async () => {
  const fired: FireDetail[] = [];
  listen(element, FIRE, (detail) => fired.push(detail));
  element.listens = new Set(["select"]);
  element.requestUpdate();
  await element.updateComplete;
  element.querySelectorAll<HTMLButtonElement>("button.ms-entry")[1]?.click();
  const data = { index: 1, value: "<b>dog</b>", selected: true };
  expect(fired).toEqual([{ component: 7, event: "select", data }]);
});

it("shows one image, which is named with what is marked in it", async () => {
  const image = new Image();
  element.describe("1 cat");
  element.place(image);
  await element.updateComplete;
  expect(element.querySelector(".ms-stage img")).toBe(image);
  expect(image.alt).toBe("Found: 1 cat");
  element.describe("");
  expect(image.alt).toBe("Found");
  element.place(null);
  await element.updateComplete;
  expect(element.querySelector(".ms-stage")?.children).toHaveLength(0);
  expect(element.querySelector(".ms-void")).not.toBeNull();
});
