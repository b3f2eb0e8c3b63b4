// @vitest-environment happy-dom

import { beforeEach, expect, it } from "vitest";
import { RenderedElement } from "../../src/late/rendered.ts";
import type { Manifest, Node } from "../../src/manifest.ts";
import { Builder } from "../../src/shell/layout.ts";
import "../../src/elements/textbox.ts";

let manifest: Manifest;
let builder: Builder;
let place: RenderedElement;

beforeEach(() => {
  manifest = { components: {}, bindings: [] } as unknown as Manifest;
  builder = new Builder(manifest);
  place = new RenderedElement();
  place.hold();
  document.body.replaceChildren(place);
});

const field = (id: number): Node => {
  const props = { label: `Field ${id}`, value: "", visible: true, interactive: true };
  manifest.components[id] = { type: "textbox", capabilities: [], props } as unknown as Manifest["components"][number];
  return { id } as Node;
};
const row = (id: number, ...children: Node[]): Node => ({ id, type: "row", props: {}, children }) as unknown as Node;
const show = (nodes: Node[], problem = ""): void => place.show(nodes, builder, problem);
const fields = (): Element[] => [...place.querySelectorAll("ms-textbox")];

it("keeps the elements that stay, in whichever box and order, and makes and removes the others", () => {
  show([row(10, field(1), field(2))]);
  const [first, second] = fields();
  const box = place.querySelector(".ms-row");
  show([row(11, field(2), field(3), field(1))]);
  expect(fields()).toEqual([second, builder.parts.get(3)?.element, first]);
  expect(place.querySelector(".ms-row")).toBe(box);
  show([row(12, field(3))]);
  expect(fields()).toEqual([builder.parts.get(3)?.element]);
});

it("says why there is nothing, as text, until there is something", () => {
  show([field(1)]);
  show([], "<b>No</b> fields");
  expect(fields()).toEqual([]);
  expect(place.querySelector("[role=alert]")?.textContent?.trim()).toBe("<b>No</b> fields");
  expect(place.hasAttribute("data-empty")).toBe(false);
  show([]);
  expect(place.querySelector("[role=alert]")).toBeNull();
  expect(place.hasAttribute("data-empty")).toBe(true);
});

it("lets nobody use what a session has declared that is gone", () => {
  show([field(1)]);
  place.rest();
  expect(place.querySelector("[inert] ms-textbox")).not.toBeNull();
  show([field(2)]);
  expect(place.querySelector("[inert]")).toBeNull();
  expect(fields()).toEqual([builder.parts.get(2)?.element]);
});
