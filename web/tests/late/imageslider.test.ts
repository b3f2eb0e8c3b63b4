// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from "vitest";
import { EDIT, FIRE, listen, UPLOAD } from "../../src/constants.ts";
import { type Pair, PairLoader } from "../../src/late/imageslider/pair.ts";
import { ImageSlider } from "../../src/late/imageslider.ts";

const file = (name: string) => ({ file: name, name: `${name}.png`, type: "image/png" });
let slider: ImageSlider;
let said: unknown[];
let decode: ReturnType<typeof vi.fn<() => Promise<void>>>;

async function settled(): Promise<void> {
  await vi.waitFor(async () => {
    await slider.updateComplete;
    await Promise.resolve();
  });
}

async function show(props: Partial<ImageSlider["props"]>): Promise<void> {
  slider.props = { ...slider.props, ...props };
  await slider.updateComplete;
  await new Promise((resolve) => setTimeout(resolve));
  await settled();
}

beforeEach(async () => {
  document.body.replaceChildren();
  decode = vi.fn(() => Promise.resolve());
  Object.assign(HTMLImageElement.prototype, { decode });
  said = [];
  slider = new ImageSlider();
  slider.component = 5;
  slider.props = {
    ...{ label: "Compare", info: null, show_label: true, container: true, interactive: false, visible: true },
    ...{ elem_id: null, elem_classes: [], scale: null, min_width: 160, height: null, width: null, max_height: 500 },
    ...{ slider_position: 50, buttons: ["download"], value: null },
  };
  document.body.append(slider);
  for (const name of [EDIT, FIRE, UPLOAD] as const) listen(slider, name, (detail) => said.push(detail));
  await show({});
});

const line = (): HTMLElement => slider.querySelector("[role=slider]") as HTMLElement;
const at = (): string | undefined =>
  slider.querySelector<HTMLElement>(".ms-compare")?.style.getPropertyValue("--ms-at");
const press = async (key: string, shiftKey = false): Promise<void> => {
  line().dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true }));
  await slider.updateComplete;
};

it("shows both images with a line that keys move", async () => {
  await show({ value: [file("a"), file("b")] });
  const images = [...slider.querySelectorAll("img")].map((image) => image.getAttribute("src"));
  expect(images).toEqual(["file/b", "file/a"]);
  expect(at()).toBe("50%");
  await press("ArrowRight");
  await press("ArrowRight", true);
  expect(at()).toBe("61%");
  await press("PageDown");
  await press("Home");
  await press("ArrowLeft");
  expect([at(), line().getAttribute("aria-valuetext")]).toEqual(["0%", "0 %"]);
  await press("End");
  expect(said.at(-1)).toEqual({ component: 5, event: "select", data: { index: 100, value: 100 } });
});

it("moves the line to where the app says", async () => {
  await show({ value: [file("a"), file("b")], slider_position: 20 });
  expect(at()).toBe("20%");
  await press("End");
  await show({ value: [file("a"), file("c")] });
  expect(at()).toBe("100%");
});

it("follows a pointer that drags it", async () => {
  await show({ value: [file("a"), file("b")] });
  const box = slider.querySelector(".ms-compare") as HTMLElement;
  box.getBoundingClientRect = () => ({ left: 100, width: 200 }) as DOMRect;
  let held = false;
  Object.assign(box, { setPointerCapture: () => (held = true), hasPointerCapture: () => held });
  box.dispatchEvent(new PointerEvent("pointermove", { clientX: 120 }));
  expect(at()).toBe("50%");
  box.dispatchEvent(new PointerEvent("pointerdown", { clientX: 150 }));
  box.dispatchEvent(new PointerEvent("pointermove", { clientX: 120 }));
  await slider.updateComplete;
  expect(at()).toBe("10%");
  box.dispatchEvent(new PointerEvent("lostpointercapture"));
  expect(said).toEqual([{ component: 5, event: "select", data: { index: 10, value: 10 } }]);
});

it("shows one image alone as a whole, and nothing to move", async () => {
  await show({ value: [file("a"), null] });
  expect([at(), line()]).toEqual(["100%", null]);
  await show({ value: [null, file("b")] });
  expect(at()).toBe("0%");
});

it("takes the images one by one, and gives them back", async () => {
  await show({ interactive: true });
  expect(slider.querySelector(".ms-void p")?.textContent).toBe("Drop the first image here");
  const input = slider.querySelector("input") as HTMLInputElement;
  const images = [new File(["x"], "a.png", { type: "image/png" }), new File(["x"], "b.png", { type: "image/png" })];
  Object.defineProperty(input, "files", { value: [...images, new File(["x"], "c.txt", { type: "text/plain" })] });
  input.dispatchEvent(new Event("change"));
  await slider.updateComplete;
  expect(said).toEqual([{ component: 5, file: images[0], more: [images[1]] }]);
  expect(slider.querySelector(".ms-problem")?.textContent).toBe("c.txt is not an image.");
  await show({ value: [null, file("b")] });
  expect(slider.querySelector(".ms-void p")?.textContent).toBe("Drop the first image here");
  await show({ value: [file("a"), file("b")] });
  said.length = 0;
  slider.querySelector<HTMLElement>("[title='Remove the first image']")?.click();
  expect(said[0]).toEqual({ component: 5, value: [null, file("b")] });
  await slider.updateComplete;
  slider.querySelector<HTMLElement>("[title='Remove the second image']")?.click();
  expect(said.slice(2).map((each) => (each as { event?: string }).event)).toEqual([undefined, "input", "clear"]);
});

it("says that an image cannot be shown", async () => {
  decode.mockRejectedValueOnce(new DOMException("broken", "EncodingError"));
  await show({ value: [file("a"), file("b")] });
  expect(slider.querySelector(".ms-trouble")?.textContent).toContain("The first image cannot be shown.");
});

it("shows pairs whole and in their order, skips what is outdated, and loads no image twice", async () => {
  const shown: (string | null)[][] = [];
  const loader = new PairLoader((pair: Pair) => shown.push(pair.map((side) => side?.getAttribute("src") ?? null)));
  const first = loader.load(["a", "1"]);
  void loader.load(["a", "2"]);
  void loader.load(["a", "3"]);
  await first;
  expect(shown).toEqual([
    ["a", "1"],
    ["a", "3"],
  ]);
  expect(decode).toHaveBeenCalledTimes(3);
});
