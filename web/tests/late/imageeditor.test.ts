// @vitest-environment happy-dom
import { beforeEach, expect, it } from "vitest";
import { EDIT, FIRE, listen } from "../../src/constants.ts";
import { ImageEditor } from "../../src/late/imageeditor.ts";

let editor: ImageEditor;
let said: unknown[];

beforeEach(async () => {
  document.body.replaceChildren();
  said = [];
  editor = new ImageEditor();
  editor.component = 8;
  editor.props = {
    ...{ label: "Pad", info: null, show_label: true, container: true, interactive: true, visible: true, value: null },
    ...{ elem_id: null, elem_classes: [], scale: null, min_width: 160, height: null, width: null, placeholder: null },
    ...{ sources: [], transforms: ["crop"], eraser: { size: null }, layers: { names: ["Ink"], more: true } },
    ...{ canvas_size: [80, 60] as const, fixed_canvas: false, buttons: ["download"] },
    brush: {
      size: 4,
      colors: [["#000000", 1] as const, ["red", 0.5] as const],
      color: ["red", 0.5] as const,
      is_fixed: true,
    },
  };
  document.body.append(editor);
  for (const name of [EDIT, FIRE] as const) listen(editor, name, (detail) => said.push(detail));
  await editor.updateComplete;
  await new Promise((resolve) => setTimeout(resolve));
  await editor.updateComplete;
});

const buttons = (): string[] => [...editor.querySelectorAll("button")].map((each) => each.textContent?.trim() ?? "");
const click = async (words: string): Promise<void> => {
  [...editor.querySelectorAll("button")].find((each) => each.textContent?.trim() === words)?.click();
  await editor.updateComplete;
};

it("has the tools that the app allows, and a canvas of its size", async () => {
  expect(buttons()).toEqual(
    expect.arrayContaining(["Brush", "Eraser", "Crop", "Undo", "Redo", "Clear", "Add a layer"]),
  );
  expect([...editor.querySelectorAll("canvas")].map(({ width, height }) => [width, height])).toEqual([
    [80, 60],
    [80, 60],
  ]);
  editor.props = { ...editor.props, brush: null, transforms: [] };
  await editor.updateComplete;
  expect(buttons()).not.toContain("Brush");
});

it("adds layers, and clears", async () => {
  await click("Add a layer");
  expect(editor.querySelectorAll("canvas")).toHaveLength(3);
  await click("Clear");
  expect(said).toEqual([
    { component: 8, value: null },
    { component: 8, event: "input", data: undefined },
    { component: 8, event: "clear", data: undefined },
  ]);
});

it("offers the ways in which an image may come", async () => {
  editor.props = { ...editor.props, sources: ["upload", "webcam"] };
  await editor.updateComplete;
  expect(buttons()).toEqual(["Upload", "Camera"]);
});
