// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from "vitest";
import { EDIT, FIRE, listen, UPLOAD } from "../../src/constants.ts";
import { Desk } from "../../src/late/imageeditor/desk.ts";
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

// ---- zoom, pan, crop and undo ------------------------------------------------------------------------------------------

const part = (name: string): HTMLElement => editor.querySelector(`.ms-editor-${name}`) as HTMLElement;
const zoom = (): number => Number(part("desk").style.getPropertyValue("--ms-zoom"));

/** Lays the drawing out, which no browser does here: at 400 by 300 times its zoom, scrolled with its desk. */
function layOut(): void {
  const [desk, sheet] = [part("desk"), part("sheet")];
  const box = (scale: number, left: number, top: number): DOMRect =>
    ({ left: 50 - left, top: 20 - top, width: 400 * scale, height: 300 * scale }) as DOMRect;
  desk.getBoundingClientRect = () => box(1, 0, 0);
  sheet.getBoundingClientRect = () => box(zoom(), desk.scrollLeft, desk.scrollTop);
  sheet.setPointerCapture = () => undefined;
  Object.defineProperty(desk, "clientWidth", { value: 400 });
}

async function press(name: string, key: string, more: KeyboardEventInit = {}): Promise<void> {
  part(name).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
  await editor.updateComplete;
}

async function point(type: string, x: number, y: number, more: PointerEventInit = {}): Promise<void> {
  const where = { clientX: x, clientY: y, bubbles: true, cancelable: true, pointerType: "mouse", ...more };
  part("sheet").dispatchEvent(new PointerEvent(`pointer${type}`, where));
  await editor.updateComplete;
}

it("zooms by buttons, by keys and by the wheel with Ctrl, and shows all of it again", async () => {
  layOut();
  const zoomIn = editor.querySelector("[aria-label='Zoom in']") as HTMLButtonElement;
  const zoomOut = editor.querySelector("[aria-label='Zoom out']") as HTMLButtonElement;
  expect([zoomOut.disabled, buttons().includes("Move")]).toEqual([true, false]);
  zoomIn.click();
  await editor.updateComplete;
  expect([zoom(), buttons().includes("Move"), part("desk").hasAttribute("data-zoomed")]).toEqual([1.5, true, true]);
  await press("desk", "+");
  expect(zoom()).toBe(2.25);
  await press("desk", "-");
  expect(zoom()).toBe(1.5);
  const turned = { deltaY: -100, metaKey: false, clientX: 100, clientY: 100 };
  const wheel = (ctrlKey: boolean): boolean =>
    part("desk").dispatchEvent(Object.assign(new Event("wheel", { cancelable: true }), { ...turned, ctrlKey }));
  expect([wheel(false), zoom()]).toEqual([true, 1.5]);
  expect([wheel(true), zoom() > 2]).toEqual([false, true]);
  await press("desk", "0");
  expect([zoom(), part("desk").hasAttribute("data-zoomed")]).toEqual([1, false]);
  for (let times = 0; times < 20; times += 1) await press("desk", "=");
  expect([zoom(), zoomIn.disabled]).toEqual([16, true]);
});

it("keeps the point that it zooms around where it is in the window", async () => {
  layOut();
  const desk = new Desk(editor);
  let state = 7;
  const next = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  for (let round = 0; round < 200; round += 1) {
    const [held, at] = [
      { x: next(), y: next() },
      { x: 50 + next() * 400, y: 20 + next() * 300 },
    ];
    desk.show(held, at, 1 + next() * 15);
    const found = desk.under(at);
    expect(Math.hypot(found.x - held.x, found.y - held.y)).toBeLessThan(1e-9);
  }
});

it("is moved by arrows and by a drag while it is zoomed, and scrolls the page otherwise", async () => {
  layOut();
  const isTaken = (key: string): boolean =>
    !part("desk").dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
  expect(isTaken("ArrowRight")).toBe(false);
  await press("desk", "+");
  const before = part("desk").scrollLeft;
  expect(isTaken("ArrowRight")).toBe(true);
  expect(part("desk").scrollLeft).toBe(before + 50);
  await click("Move");
  await point("down", 200, 100);
  await point("move", 180, 110);
  await point("up", 180, 110);
  expect([part("desk").scrollLeft, said]).toEqual([before + 70, []]);
});

it("is zoomed by two fingers, of which the first draws nothing", async () => {
  layOut();
  const uploads: unknown[] = [];
  listen(editor, UPLOAD, (upload) => uploads.push(upload));
  const finger = (pointerId: number): PointerEventInit => ({ pointerId, pointerType: "touch" });
  await point("down", 200, 100, finger(1));
  expect(buttons().indexOf("Undo")).toBeGreaterThan(0);
  await point("down", 240, 100, finger(2));
  await point("move", 280, 100, finger(2));
  await point("up", 280, 100, finger(2));
  await point("move", 100, 100, finger(1));
  await point("up", 100, 100, finger(1));
  const undo = [...editor.querySelectorAll("button")].find((each) => each.textContent === "Undo");
  expect([zoom(), undo?.disabled, uploads, said]).toEqual([2, true, [], []]);
});

it("crops by the keyboard alone", async () => {
  layOut();
  await click("Crop");
  expect([part("crop").tabIndex, editor.querySelector("output")?.textContent]).toEqual([0, "60 × 45"]);
  part("crop").scrollIntoView = vi.fn();
  await press("crop", "ArrowLeft");
  await press("crop", "ArrowDown", { shiftKey: true });
  expect([part("crop").style.left, editor.querySelector("output")?.textContent]).toEqual(["11.25%", "60 × 46"]);
  await press("crop", "Escape");
  expect(part("crop")).toBeNull();
  await click("Crop");
  await press("crop", "Enter");
  expect(said.at(-2)).toEqual({
    component: 8,
    value: { background: null, layers: [null], canvas: [60, 45], view: null },
  });
  expect([part("crop"), document.activeElement]).toEqual([null, part("desk")]);
});

it("takes a step back and does it again, by keys", async () => {
  layOut();
  const canvas = (): unknown => (said.at(-2) as { value: { canvas: unknown } } | undefined)?.value.canvas;
  await press("desk", "z", { ctrlKey: true });
  expect(said).toEqual([]);
  await click("Crop");
  await press("crop", "Enter");
  await press("desk", "z", { ctrlKey: true });
  expect(canvas()).toEqual([80, 60]);
  await press("desk", "y", { ctrlKey: true });
  expect(canvas()).toEqual([60, 45]);
  await press("desk", "z", { metaKey: true });
  await press("desk", "Z", { metaKey: true, shiftKey: true });
  expect([canvas(), said.length]).toEqual([[60, 45], 10]);
});

it("is an image that nobody can draw upon where it is not interactive", async () => {
  editor.props = { ...editor.props, interactive: false };
  await editor.updateComplete;
  expect([part("desk").getAttribute("role"), part("desk").hasAttribute("tabindex")]).toEqual(["img", false]);
  await point("down", 200, 100);
  expect(said).toEqual([]);
});
