// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import "../../src/elements/index.ts";
import { EDIT, FIRE, listen } from "../../src/constants.ts";
import { matching } from "../../src/elements/dropdown.ts";
import type { Manifest, Node, Props } from "../../src/manifest.ts";
import type { LatencyView } from "../../src/playback/latency_view.ts";
import { figures } from "../../src/shell/notices.ts";
import { Page } from "../../src/shell/page.ts";
import type { RunView } from "../../src/states.ts";

const COMMON: Props = {
  label: null,
  info: null,
  show_label: true,
  container: true,
  visible: true,
  interactive: true,
  elem_id: null,
  elem_classes: [],
  scale: null,
  min_width: 160,
  value: null,
};
const LATENCY: LatencyView = {
  p50Ms: null,
  p95Ms: null,
  fps: 0,
  backlogS: null,
  parts: null,
  codecs: ["", ""],
  bitsPerS: [0, 0],
  roundTripMs: null,
  dropped: {},
  isHttp: false,
  decision: "",
};
const RUN: RunView = {
  call: 1,
  run: 1,
  binding: 0,
  outputs: [2],
  progress: "full",
  state: "running",
  position: 0,
  etaS: null,
  message: "",
};

function manifest(children: Node[], components: { [id: string]: { type: string; props: Props } }): Manifest {
  const filled = Object.entries(components).map(([id, { type, props }]) => [
    id,
    { type, props: { ...COMMON, ...props } },
  ]);
  return {
    version: 1,
    build: "b",
    title: "Title",
    theme: {},
    footer: true,
    latency: true,
    assets: {
      media_worker: "m",
      microphone_worklet: "w",
      speaker_worklet: "s",
      overlay: "o",
      video_capture: "v",
      latency: "l",
      videos: "s",
      formulas: "assets/formulas.js",
      formulas_css: "assets/formulas.css",
    },
    root: { id: 0, type: "blocks", props: {}, children },
    components: Object.fromEntries(filled),
    bindings: [],
  };
}

const settled = (): Promise<void> => new Promise((done) => setTimeout(done));

let page: Page;

function open(children: Node[], components: { [id: string]: { type: string; props: Props } }): HTMLElement {
  page = new Page(manifest(children, components));
  document.body.replaceChildren(page.element);
  return page.element;
}

describe("the tree", () => {
  it("stands as the manifest says, dressed", () => {
    const root = open(
      [
        {
          id: 1,
          type: "row",
          props: { elem_id: "row", elem_classes: ["mine"], equal_height: true },
          children: [{ id: 2, type: "button" }],
        },
      ],
      { 2: { type: "button", props: { value: "Go", elem_id: "go", scale: 0, min_width: 60 } } },
    );
    expect(root.className).toBe("ms-app gradio-container");
    const row = root.querySelector("#row");
    const button = root.querySelector<HTMLElement>("#row > ms-button#go");

    expect(row?.className.split(" ").sort()).toEqual(["mine", "ms-equal", "ms-row"]);
    expect(button?.style.getPropertyValue("--ms-min-width")).toBe("60px");
    expect(button?.classList.contains("ms-fixed")).toBe(true);
  });

  it("is not dressed anew by a value", () => {
    const root = open([{ id: 2, type: "button" }], { 2: { type: "button", props: { value: "Go", scale: 0 } } });
    const button = root.querySelector("ms-button") as HTMLElement;
    const [set, removed] = [vi.spyOn(button.style, "setProperty"), vi.spyOn(button, "removeAttribute")];
    page.applyProps(2, { value: "Stop" });
    expect([set.mock.calls, removed.mock.calls]).toEqual([[], []]);
    page.applyProps(2, { scale: 2, value: "Go" });
    expect(set).toHaveBeenCalledWith("--ms-scale", "2");
    expect(button.classList.contains("ms-fixed")).toBe(false);
  });

  it("gives a row its height, and takes it away", () => {
    const props = { height: "60vh", min_height: 40, max_height: null };
    const root = open([{ id: 1, type: "row", props }], {});
    const { style } = root.querySelector(".ms-row") as HTMLElement;
    expect([style.height, style.minHeight, style.maxHeight, style.overflow]).toEqual(["60vh", "40px", "", "auto"]);
    page.applyProps(1, { height: null, min_height: null });
    expect([style.height, style.minHeight, style.overflow]).toEqual(["", "", ""]);
  });

  it("changes when the server says so, containers too", async () => {
    const root = open([{ id: 1, type: "column", props: { visible: true }, children: [{ id: 2, type: "button" }] }], {
      2: { type: "button", props: { value: "Go" } },
    });
    page.applyProps(2, { value: "Stop", interactive: false });
    page.applyProps(1, { visible: false });
    await settled();

    expect(root.querySelector("button")?.textContent?.trim()).toBe("Stop");
    expect(root.querySelector("button")?.disabled).toBe(true);
    expect(root.querySelector<HTMLElement>(".ms-column")?.hidden).toBe(true);
  });

  it("ignores a component that the page does not have", () => {
    open([], {});
    expect(() => page.applyProps(9, { value: 1 })).not.toThrow();
    expect(page.surface(9)).toBeNull();
  });
});

describe("tabs", () => {
  const tab = (id: number, props: Props): Node => ({
    id,
    type: "tab",
    props: { visible: true, ...props },
    children: [],
  });
  const shown = (root: HTMLElement): (string | null)[] =>
    [...root.querySelectorAll("[role=tabpanel]:not([hidden])")].map((panel) => panel.getAttribute("aria-labelledby"));

  it("open at `selected`, and move when the app says so", () => {
    const tabs = [tab(2, { label: "A", id: "a" }), tab(3, { label: "B", id: "b" })];
    const root = open([{ id: 1, type: "tabs", props: { selected: "b" }, children: tabs }], {});
    expect(shown(root)).toEqual(["ms-3-tab"]);

    page.applyProps(1, { selected: "a" });
    expect(shown(root)).toEqual(["ms-2-tab"]);
  });

  it("leave a tab that is no longer to be seen", () => {
    const root = open(
      [{ id: 1, type: "tabs", props: { selected: null }, children: [tab(2, { label: "A" }), tab(3, { label: "B" })] }],
      {},
    );
    page.applyProps(2, { visible: false });

    expect(shown(root)).toEqual(["ms-3-tab"]);
    expect(root.querySelector<HTMLElement>("#ms-2-tab")?.hidden).toBe(true);
  });

  it("fire when another one is open, and `select` of all of them when the user chose it", () => {
    const root = open(
      [{ id: 1, type: "tabs", props: { selected: 0 }, children: [tab(2, { label: "A" }), tab(3, { label: "B" })] }],
      {},
    );
    const fired: [number, string][] = [];
    listen(root, FIRE, ({ component, event }) => fired.push([component, event]));
    page.applyProps(1, { selected: 1 });
    page.applyProps(1, { selected: 1 });
    expect(fired.splice(0)).toEqual([
      [3, "select"],
      [1, "change"],
    ]);

    root.querySelector<HTMLElement>("#ms-2-tab")?.click();
    root.querySelector<HTMLElement>("#ms-2-tab")?.click();
    expect(fired).toEqual([
      [2, "select"],
      [1, "select"],
      [1, "change"],
    ]);
  });
});

describe("runs", () => {
  let root: HTMLElement;
  const words = async (): Promise<string | undefined> => {
    await settled();
    return root.querySelector(".ms-run-words span")?.textContent ?? undefined;
  };

  beforeEach(() => {
    root = open([{ id: 2, type: "label" }], { 2: { type: "label", props: { label: "L", show_heading: true } } });
  });

  it("show until they are over", async () => {
    page.setRun(RUN);
    expect(await words()).toBe("Working");
    page.setRun({ ...RUN, state: "done" });
    expect(await words()).toBeUndefined();
  });

  it("show the other one when one of two is over", async () => {
    page.setRun({ ...RUN, call: 1, state: "waiting", position: 2 });
    page.setRun({ ...RUN, call: 2 });
    page.setRun({ ...RUN, call: 2, state: "done" });
    expect(await words()).toBe("2nd in line");
  });

  it("show why they failed, until the next one", async () => {
    page.setRun({ ...RUN, state: "failed", message: "It broke." });
    await settled();
    expect(root.querySelector(".ms-problem")?.textContent).toContain("It broke.");
    page.setRun({ ...RUN, call: 2 });
    await settled();
    expect(root.querySelector(".ms-problem")).toBeNull();
  });

  it.each(["hidden", "minimal"] as const)("say nothing with %s progress", async (progress) => {
    page.setRun({ ...RUN, progress });
    expect(await words()).toBeUndefined();
  });

  describe("that write several components", () => {
    const AREAS: { [id: string]: number } = { 2: 10, 3: 90, 4: 50 };
    const bars = (): (string | undefined)[] =>
      [...root.querySelectorAll(".ms-run")].map((bar) => bar.closest<HTMLElement>("ms-label")?.id);
    const show = async (run: Partial<RunView>): Promise<void> => {
      page.setRun({ ...RUN, outputs: [2, 3, 4], ...run });
      await settled();
    };

    beforeEach(() => {
      const ids = Object.keys(AREAS);
      const labels = ids.map((id) => [id, { type: "label", props: { elem_id: id, show_heading: true } }]);
      root = open(
        ids.map((id) => ({ id: Number(id), type: "label" })),
        Object.fromEntries(labels),
      );
      for (const id of ids) {
        const element = document.getElementById(id) as HTMLElement;
        element.checkVisibility = () => !element.hidden;
        element.getBoundingClientRect = () => ({ width: AREAS[id], height: 10 }) as DOMRect;
      }
    });

    it("are shown once, by the largest that can be seen, until they are over", async () => {
      (document.getElementById("3") as HTMLElement).hidden = true;
      await show({ state: "waiting" });
      expect(bars()).toEqual(["4"]);
      (document.getElementById("3") as HTMLElement).hidden = false;
      await show({});
      expect(bars()).toEqual(["4"]);
      await show({ state: "done" });
      expect(bars()).toEqual([]);
    });

    it("draw only what shows their progress as it goes on", async () => {
      await show({});
      const drawn = Object.keys(AREAS).map((id) => {
        const element = document.getElementById(id) as HTMLElement & { requestUpdate(): void };
        return vi.spyOn(element, "requestUpdate");
      });
      for (const index of [1, 2, 3]) {
        const level = { index, length: 9, unit: "steps", desc: "", fraction: index / 9 };
        await show({ advance: { levels: [level], fraction: index / 9, leftS: null } });
      }
      expect(drawn.map(({ mock }) => mock.calls.length)).toEqual([0, 3, 0]);
      await show({ state: "done" });
      expect(drawn.map(({ mock }) => mock.calls.length)).toEqual([1, 4, 1]);
    });

    it("measure nothing where their progress is hidden: that would lay the page out", async () => {
      const measured = vi.fn(() => new DOMRect());
      for (const id of Object.keys(AREAS))
        (document.getElementById(id) as HTMLElement).getBoundingClientRect = measured;
      await show({ progress: "hidden" });
      expect([measured.mock.calls, bars()]).toEqual([[], []]);
      await show({ progress: "hidden", state: "failed", message: "It broke." });
      expect(root.querySelectorAll(".ms-problem")).toHaveLength(3);
    });

    it("are shown by what the app has chosen, which shows no failure", async () => {
      await show({ outputs: [2], shownOn: [3, 4] });
      expect(bars()).toEqual(["3", "4"]);
      await show({ outputs: [2], shownOn: [3, 4], state: "failed", message: "It broke." });
      expect(bars()).toEqual([]);
      expect([...root.querySelectorAll(".ms-problem")].map((each) => each.closest("ms-label")?.id)).toEqual(["2"]);
    });
  });
});

describe("elements", () => {
  it("send what the user did upwards, with their number", async () => {
    const root = open([{ id: 2, type: "checkbox" }], { 2: { type: "checkbox", props: { label: "On", value: false } } });
    await settled();
    const heard: unknown[] = [];
    listen(root, EDIT, (edit) => heard.push(edit));
    root.querySelector<HTMLInputElement>("input")?.click();

    expect(heard).toEqual([{ component: 2, value: true }]);
  });

  it("tell of keys and of what was copied, where the app listens", async () => {
    const root = open(
      [
        { id: 1, type: "dropdown" },
        { id: 2, type: "markdown" },
      ],
      {
        1: { type: "dropdown", props: { choices: [["One", 1]], filterable: true } },
        2: { type: "markdown", props: { value: "<p>text</p>" } },
      },
    );
    const fired: unknown[] = [];
    listen(root, FIRE, ({ event, data }) => fired.push([event, data]));
    await settled();
    const [box, text] = [root.querySelector("ms-dropdown"), root.querySelector("ms-markdown")];
    const act = (): void => {
      box?.querySelector("input")?.dispatchEvent(new KeyboardEvent("keyup", { key: "o" }));
      text?.querySelector(".ms-prose")?.dispatchEvent(new Event("copy"));
    };
    act();
    expect(fired).toEqual([]);
    Object.assign(box as object, { listens: new Set(["key_up"]) });
    Object.assign(text as object, { listens: new Set(["copy"]) });
    act();
    expect(fired).toEqual([
      ["key_up", { key: "o", input_value: "" }],
      ["copy", { index: 0, value: "" }],
    ]);
  });

  it("name their control even where the label is not shown", async () => {
    const root = open([{ id: 2, type: "checkbox" }], {
      2: { type: "checkbox", props: { label: "On", show_label: false } },
    });
    await settled();

    expect(root.querySelector("input")?.getAttribute("aria-label")).toBe("On");
  });

  it("find choices by any part of their label, by their beginning first", () => {
    const choices = ["flip", "Pencil", "sepia"].map((label) => [label, label] as const);
    expect(matching(choices, "P ").map(([label]) => label)).toEqual(["Pencil", "flip", "sepia"]);
    expect(matching(choices, "")).toBe(choices);
    expect(matching(choices, "x")).toEqual([]);
  });
});

describe("latency", () => {
  it("is said in whole milliseconds, as far as it is known", () => {
    expect(figures({ ...LATENCY, p50Ms: 34.2, fps: 29.7, roundTripMs: 0.4 })).toBe(
      "34 ms camera to screen · 30 fps · 1 ms round trip",
    );
    expect(figures({ ...LATENCY, roundTripMs: 12 })).toBe("12 ms round trip");
  });
});

it("shows what came by a link that is lost as held, as long as it is", () => {
  open([{ id: 1, type: "image" }], { 1: { type: "image", props: {} } });
  const held = (): boolean => page.element.hasAttribute("data-held");
  page.connection({ state: "lost", message: "Reconnecting…" });
  expect(held()).toBe(true);
  page.connection({ state: "open", message: "" });
  expect(held()).toBe(false);
});

describe("an element from outside the package", () => {
  class Dial extends HTMLElement {
    props: Props = {};
    run: RunView | null = null;
  }
  customElements.define("ms-dial", Dial);

  const dial = (): Dial => page.element.querySelector("ms-dial") as Dial;

  it("is told what it has properties for, and dressed as the others are", () => {
    open([{ id: 2, type: "dial" }], { 2: { type: "dial", props: { value: 3, elem_id: "knob" } } });
    page.setRun(RUN);
    page.setAudio(2, { state: "playing" });
    page.applyProps(2, { value: 4, visible: false });
    expect([dial().props["value"], dial().run, dial().hidden, dial().id]).toEqual([4, RUN, true, "knob"]);
    expect("audio" in dial()).toBe(false);
    expect(page.surface(2)).toBeNull();
  });

  it("is named where no script has defined it", () => {
    const root = open([{ id: 2, type: "absent" }], { 2: { type: "absent", props: {} } });
    expect(root.querySelector("ms-absent")?.textContent).toContain("No script has defined the element <ms-absent>");
  });
});
