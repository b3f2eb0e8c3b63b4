// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { EDIT, FIRE, listen, UPLOAD } from "../../src/constants.ts";
import { archive } from "../../src/late/gallery/archive.ts";
import { Gallery } from "../../src/late/gallery.ts";

const BASE = {
  ...{ label: "Shots", info: null, show_label: true, container: true, interactive: false, visible: true },
  ...{ elem_id: null, elem_classes: [], scale: null, min_width: 160 },
  ...{
    columns: 3,
    rows: null,
    height: null,
    object_fit: null,
    allow_preview: true,
    preview: null,
    selected_index: null,
  },
  ...{ fit_columns: true, accept: ["image/*", "video/*"], sources: ["upload"] as const, max_files: 3 },
  buttons: ["download", "download_all", "fullscreen"],
};
const image = (name: string, caption: string | null = null) => ({
  media: { file: name, name: `${name}.png`, type: "image/png" },
  caption,
});
const pending = [image("a", "First"), image("b"), image("c", "<img src=x onerror=alert(1)>")];

let gallery: Gallery;
let said: unknown[];

async function show(props: Partial<Gallery["props"]>): Promise<void> {
  gallery.props = { ...gallery.props, ...props };
  await gallery.updateComplete;
}

beforeEach(async () => {
  document.body.replaceChildren();
  said = [];
  gallery = new Gallery();
  gallery.component = 4;
  gallery.props = { ...BASE, value: pending };
  document.body.append(gallery);
  for (const name of [EDIT, FIRE, UPLOAD] as const) listen(gallery, name, (detail) => said.push(detail));
  await gallery.updateComplete;
});

const all = (selector: string): HTMLElement[] => [...gallery.querySelectorAll<HTMLElement>(selector)];
const press = async (target: Element | null | undefined, key: string): Promise<void> => {
  target?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  await gallery.updateComplete;
};
const click = async (selector: string, at = 0): Promise<void> => {
  all(selector)[at]?.click();
  await gallery.updateComplete;
};
const shown = (): string | null | undefined => gallery.querySelector(".ms-full-stage img")?.getAttribute("src");

describe("a gallery", () => {
  it("names its cells by their captions, which are text", () => {
    expect(all(".ms-cell").map((cell) => cell.getAttribute("aria-label"))).toEqual([
      "First",
      "Image 2 of 3",
      "<img src=x onerror=alert(1)>",
    ]);
    expect(all(".ms-cell-caption")[1]?.textContent).toBe("<img src=x onerror=alert(1)>");
    expect(all(".ms-cell img")).toHaveLength(3);
  });

  it("keeps the images that it shows when a list comes that goes on with others", async () => {
    const before = all(".ms-cell img");
    await show({ value: [...pending, image("d")] });
    expect(all(".ms-cell img").slice(0, 3)).toEqual(before);
    await show({ value: [image("z"), ...pending] });
    expect(all(".ms-cell img").slice(1)).toEqual(before);
  });

  it("opens by a click, goes by arrows, and closes by Escape where it was", async () => {
    await click(".ms-cell", 1);
    expect(shown()).toBe("file/b");
    const full = gallery.querySelector(".ms-full");
    await press(full, "ArrowRight");
    expect(shown()).toBe("file/c");
    await press(full, "ArrowRight");
    await press(full, "Home");
    expect(shown()).toBe("file/a");
    await press(full, "End");
    await press(full, "Escape");
    expect(gallery.querySelector(".ms-full")).toBeNull();
    await vi.waitFor(() => expect(document.activeElement).toBe(all(".ms-cell")[2]));
    const events = said.map((each) => (each as { event: string }).event);
    expect(events).toEqual(["select", "preview_open", "select", "select", "select", "preview_close"]);
    expect(said[0]).toEqual({ component: 4, event: "select", data: { index: 1 } });
  });

  it("stays at the image in full while others come before and behind it", async () => {
    await click(".ms-cell", 1);
    await show({ value: [image("z"), ...pending, image("d")] });
    expect(shown()).toBe("file/b");
    await show({ value: [image("z")] });
    expect(shown()).toBe("file/z");
    await show({ value: [] });
    expect(gallery.querySelector(".ms-full")).toBeNull();
  });

  it("turns a swipe into a step, and leaves a scroll and a mouse alone", async () => {
    await click(".ms-cell", 1);
    const stage = (): Element => gallery.querySelector(".ms-full-stage") as Element;
    const drag = async (x: number, y: number, pointerType = "touch"): Promise<void> => {
      stage().dispatchEvent(new PointerEvent("pointerdown", { clientX: 100, clientY: 100, pointerType }));
      stage().dispatchEvent(new PointerEvent("pointerup", { clientX: 100 + x, clientY: 100 + y, pointerType }));
      await gallery.updateComplete;
    };
    await drag(-60, 5);
    expect(shown()).toBe("file/c");
    await drag(60, 80);
    await drag(60, 0, "mouse");
    expect(shown()).toBe("file/c");
    await drag(60, 0);
    expect(shown()).toBe("file/b");
  });

  it("shows what the app selects", async () => {
    await show({ selected_index: 2 });
    expect(shown()).toBe("file/c");
    await show({ selected_index: null });
    expect(shown()).toBeUndefined();
    await show({ preview: true });
    expect(shown()).toBe("file/a");
  });

  it("only selects where there is no preview", async () => {
    await show({ allow_preview: false });
    await click(".ms-cell", 1);
    expect(gallery.querySelector(".ms-full")).toBeNull();
    expect(all(".ms-cell").map((cell) => cell.getAttribute("aria-pressed"))).toEqual(["false", "true", "false"]);
  });

  it("is one stop of the Tab key, and arrows go through it", async () => {
    expect(all(".ms-cell").map(({ tabIndex }) => tabIndex)).toEqual([0, -1, -1]);
    all(".ms-cell")[0]?.focus();
    await press(all(".ms-cell")[0], "ArrowRight");
    expect(document.activeElement).toBe(all(".ms-cell")[1]);
    await press(all(".ms-cell")[1], "End");
    expect(document.activeElement).toBe(all(".ms-cell")[2]);
  });

  it("has as many columns as it was told, and no more than images", async () => {
    const columns = (): string | undefined =>
      gallery.querySelector<HTMLElement>(".ms-gallery")?.style.getPropertyValue("--ms-columns");
    expect(columns()).toBe("3");
    await show({ columns: 8 });
    expect(columns()).toBe("3");
    await show({ columns: 8, fit_columns: false });
    expect(columns()).toBe("8");
    vi.stubGlobal("innerWidth", 800);
    await show({ columns: [1, 2, 3, 4] });
    expect(columns()).toBe("3");
    vi.unstubAllGlobals();
  });

  it("says so where an image cannot be shown", async () => {
    all(".ms-cell img")[0]?.dispatchEvent(new Event("error"));
    expect(all(".ms-cell")[0]?.hasAttribute("data-broken")).toBe(true);
  });
});

describe("a gallery that the user fills", () => {
  beforeEach(async () => show({ interactive: true, max_files: 9 }));

  it("takes images away by button and by key", async () => {
    await click(".ms-cells .ms-tool", 1);
    expect(said).toEqual([
      { component: 4, value: [pending[0], pending[2]] },
      { component: 4, event: "input", data: undefined },
      { component: 4, event: "delete", data: { index: 1 } },
    ]);
    said.length = 0;
    await press(all(".ms-cell")[0], "Delete");
    await press(all(".ms-cell")[0], "Delete");
    expect((said.at(-1) as { event: string }).event).toBe("clear");
  });

  it("takes files of the right kinds, as many as there is room for", async () => {
    await show({ value: [image("a")], max_files: 3 });
    const input = gallery.querySelector<HTMLInputElement>("input[type=file]") as HTMLInputElement;
    const files = ["a.png", "b.mp4", "c.jpg"].map(
      (name) => new File(["x"], name, { type: name.endsWith("mp4") ? "video/mp4" : "image/png" }),
    );
    Object.defineProperty(input, "files", {
      configurable: true,
      value: [new File(["x"], "x.txt", { type: "text/plain" }), files[0]],
    });
    input.dispatchEvent(new Event("change"));
    await gallery.updateComplete;
    expect(said).toEqual([{ component: 4, file: files[0], more: [] }]);
    expect(gallery.querySelector(".ms-problem")?.textContent).toBe("x.txt is not of a type that is taken here.");
    Object.defineProperty(input, "files", { value: files });
    input.dispatchEvent(new Event("change"));
    await gallery.updateComplete;
    expect(said.at(-1)).toEqual({ component: 4, file: files[0], more: [files[1]] });
    expect(gallery.querySelector(".ms-problem")?.textContent).toBe("There is room for no more than 3 files.");
  });

  it("shows a file that was uploaded just now like any other", async () => {
    await show({ value: [{ file: "new", name: "new.mp4", type: "video/mp4" }] });
    expect(gallery.querySelector(".ms-cell video")?.getAttribute("src")).toBe("file/new#t=0.1");
    expect(all(".ms-cell")[0]?.getAttribute("aria-label")).toBe("Video 1 of 1");
  });

  it("closes its camera, and takes photos with it", async () => {
    const recorded: unknown[] = [];
    listen(gallery, "ms-record", (detail) => recorded.push(detail));
    await show({ sources: ["webcam"] });
    await click(".ms-door .ms-button");
    gallery.stream = { ...gallery.stream, state: "running" };
    await gallery.updateComplete;
    await click(".ms-shutter");
    await click(".ms-frame .ms-end .ms-tool");
    expect(recorded).toEqual(["start", "stop", "close"].map((action) => ({ component: 4, action })));
  });

  it("says at what an upload is", async () => {
    gallery.upload = { name: "a.png", fraction: 0.4 };
    await gallery.updateComplete;
    expect(gallery.querySelector("[role=progressbar]")?.getAttribute("aria-valuenow")).toBe("40");
  });
});

it("an archive holds its files as they are, under names of their own", async () => {
  const blob = new Blob(["hello"]);
  const zip = await archive([
    { name: "a.txt", blob },
    { name: "a.txt", blob: new Blob(["you"]) },
  ]);
  const bytes = new Uint8Array(await zip.arrayBuffer());
  const text = new TextDecoder("latin1").decode(bytes);
  expect(text.match(/a\.txt/g)).toHaveLength(2);
  expect(text.match(/a 2\.txt/g)).toHaveLength(2);
  const view = new DataView(bytes.buffer);
  expect(view.getUint32(14, true)).toBe(0x3610a686); // the CRC-32 of "hello"
  expect(view.getUint16(bytes.length - 12, true)).toBe(2);
});
