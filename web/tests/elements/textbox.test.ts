// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from "vitest";
import { Textbox } from "../../src/elements/textbox.ts";

/** The sizes of a field of two lines, whose text has `lines`, and how often they were asked for. */
const layout = { lines: 1, reads: 0 };
const LINE = 22;

let box: Textbox;
let frames: (() => void)[];

function field(): HTMLTextAreaElement {
  return box.querySelector("textarea") as HTMLTextAreaElement;
}

async function write(value: string): Promise<void> {
  layout.lines = value.split("\n").length;
  box.props = { ...box.props, value };
  await box.updateComplete;
}

function frame(): void {
  for (const each of frames.splice(0)) each();
}

function scroll(top: number): void {
  field().scrollTop = top;
  field().dispatchEvent(new Event("scroll"));
}

const text = (lines: number): string => Array.from({ length: lines }, (_, at) => `line ${at}`).join("\n");

beforeEach(async () => {
  Object.assign(layout, { lines: 1, reads: 0 });
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (act: () => void) => frames.push(act));
  vi.stubGlobal("CSS", { supports: () => true });
  const sizes = { scrollHeight: () => Math.max(2, layout.lines) * LINE, clientHeight: () => 2 * LINE };
  for (const [name, size] of Object.entries(sizes)) {
    vi.spyOn(HTMLTextAreaElement.prototype, name as "scrollHeight", "get").mockImplementation(() => {
      layout.reads++;
      return size();
    });
  }
  box = new Textbox();
  const common = { label: null, info: null, show_label: true, container: true, interactive: true };
  const look = { placeholder: null, kind: "text", max_length: null, autofocus: false, autoscroll: true } as const;
  const more = { submit_button: null, stop_button: null, buttons: [], text_align: null, rtl: false } as const;
  box.props = { ...common, ...look, ...more, value: "", lines: 2, max_lines: 2 };
  document.body.replaceChildren(box);
  await box.updateComplete;
  frame();
});

it("asks for no sizes as its text changes, and once in the next frame", async () => {
  layout.reads = 0;
  for (const lines of [1, 9, 10]) await write(text(lines));
  expect(layout.reads).toBe(0);
  frame();
  expect(layout.reads).toBe(2);
  expect(field().scrollTop).toBe(8 * LINE);
});

it("goes on with a reader at its end, though what scrolled it is told late", async () => {
  await write(text(9));
  frame();
  await write(text(12));
  field().dispatchEvent(new Event("scroll"));
  frame();
  expect(field().scrollTop).toBe(10 * LINE);
});

it("leaves a reader who has gone up, until there is nothing above", async () => {
  await write(text(9));
  frame();
  scroll(LINE);
  await write(text(12));
  frame();
  expect(field().scrollTop).toBe(LINE);

  scroll(10 * LINE);
  await write(text(14));
  frame();
  expect(field().scrollTop).toBe(12 * LINE);

  scroll(0);
  await write(text(1));
  frame();
  await write(text(9));
  frame();
  expect(field().scrollTop).toBe(7 * LINE);
});

it("leaves who writes in it, and is followed afterwards only from its end", async () => {
  await write(text(9));
  frame();
  field().focus();
  await write(text(12));
  frame();
  expect(field().scrollTop).toBe(7 * LINE);
  field().blur();
  await write(text(13));
  frame();
  expect(field().scrollTop).toBe(7 * LINE);
});
