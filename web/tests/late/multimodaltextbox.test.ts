// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EDIT, FIRE, listen, RECORD, UPLOAD } from "../../src/constants.ts";
import { isAccepted } from "../../src/elements/parts/files.ts";
import { MultimodalTextbox } from "../../src/late/multimodaltextbox.ts";

const FILE = { file: "h", name: "a.txt", type: "text/plain" };

let box: MultimodalTextbox;
let said: unknown[];
let endings: (() => void)[];

async function start(props: object = {}): Promise<void> {
  box.component = 7;
  box.props = {
    ...{ label: "Message", info: null, show_label: true, container: true, interactive: true, visible: true },
    ...{ elem_id: null, elem_classes: [], scale: null, min_width: 160, value: { text: "", files: [] } },
    ...{ sources: ["upload"], accept: [], max_files: 3, lines: 1, max_lines: 20, placeholder: null, autofocus: false },
    ...{ text_align: null, rtl: false, max_length: null, submit_button: true, stop_button: false },
    ...props,
  } as MultimodalTextbox["props"];
  document.body.append(box);
  await box.updateComplete;
}

const field = (): HTMLTextAreaElement => box.querySelector("textarea") as HTMLTextAreaElement;
const press = (key: string, more: KeyboardEventInit = {}): boolean =>
  field().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
const named = (name: string): HTMLButtonElement | null =>
  box.querySelector(`[title="${name}"]`) ?? box.querySelector(`[aria-label="${name}"]`);

/** What a user picks in the file dialog. */
function pick(...files: File[]): void {
  const input = box.querySelector("input[type=file]") as HTMLInputElement;
  Object.defineProperty(input, "files", { value: files, configurable: true });
  input.dispatchEvent(new Event("change"));
}

beforeEach(() => {
  box = new MultimodalTextbox();
  said = [];
  endings = [
    listen(document, EDIT, ({ value }) => said.push(["edit", value])),
    listen(document, FIRE, ({ event }) => event !== "focus" && said.push([event])),
    listen(document, UPLOAD, ({ file, more = [] }) =>
      said.push(["upload", ...[file, ...more].map((each) => (each as File).name)]),
    ),
    listen(document, RECORD, ({ action }) => said.push(["record", action])),
  ];
});

afterEach(() => {
  box.remove();
  for (const end of endings) end();
});

describe("the field", () => {
  it("has the attributes that the app wants", async () => {
    await start({ html_attributes: { lang: "fr", enterkeyhint: "send" } });
    expect([field().lang, field().getAttribute("enterkeyhint")]).toEqual(["fr", "send"]);
  });

  it("sends what is typed, and keeps the files", async () => {
    await start({ value: { text: "", files: [FILE] } });
    field().value = "hi";
    field().dispatchEvent(new Event("input"));
    expect(said).toEqual([["edit", { text: "hi", files: [FILE] }], ["input"]]);
  });

  it("submits with Enter, and breaks the line with Shift", async () => {
    await start();
    expect(press("Enter")).toBe(false);
    box.props = { ...box.props, value: { text: "x", files: [] } };
    expect(press("Enter", { shiftKey: true })).toBe(true);
    expect(press("Enter", { isComposing: true })).toBe(true);
    expect(said).toEqual([]);
    expect(press("Enter")).toBe(false);
    expect(said).toEqual([["submit"]]);
  });

  it("has a button that sends, once there is something to send", async () => {
    await start();
    expect(named("Send")?.disabled).toBe(true);
    box.props = { ...box.props, value: { text: "x", files: [] } };
    await box.updateComplete;
    named("Send")?.click();
    expect(said).toEqual([["submit"]]);
  });

  it("has a button that stops in its place", async () => {
    await start({ submit_button: false, stop_button: "Enough" });
    expect(named("Send")).toBeNull();
    const [stop] = [...box.querySelectorAll<HTMLElement>(".ms-go")];
    expect(stop?.textContent?.trim()).toBe("Enough");
    stop?.click();
    expect(said).toEqual([["stop"]]);
  });
});

describe("files", () => {
  const file = (name: string, type = "text/plain"): File => new File(["x"], name, { type });

  it("are sent as far as there is room, those on their way counted", async () => {
    await start();
    box.upload = { name: "a.txt", fraction: 0.5, following: 1 };
    await box.updateComplete;
    expect(box.querySelector("[role=progressbar]")?.getAttribute("aria-valuenow")).toBe("50");
    pick(file("c.txt"), file("d.txt"));
    expect(said).toEqual([["upload", "c.txt"]]);
  });

  it("belong to the message, which can be sent before they are there, and not be changed then", async () => {
    await start();
    box.upload = { name: "a.txt", fraction: null };
    await box.updateComplete;
    expect(named("Send")?.disabled).toBe(false);
    press("Enter");
    expect(said).toEqual([["submit"]]);
    const held = { call: -1, run: 1, binding: 0, outputs: [7] };
    const how = { progress: "full", state: "waiting", position: 0, etaS: null, message: "" } as const;
    box.run = { ...held, ...how, awaits: "Waiting for the upload of a.txt" };
    await box.updateComplete;
    press("Enter");
    expect(named("Send")?.disabled).toBe(true);
    expect(field().readOnly).toBe(true);
    expect(said).toEqual([["submit"]]);
    box.run = null;
    await box.updateComplete;
    expect(named("Send")?.disabled).toBe(false);
  });

  it("can be taken out again", async () => {
    await start({ value: { text: "x", files: [FILE, { ...FILE, name: "b.txt" }] } });
    named("Remove a.txt")?.click();
    expect(said[0]).toEqual(["edit", { text: "x", files: [{ ...FILE, name: "b.txt" }] }]);
  });

  it("of the wrong type, or too many, are refused in words", async () => {
    await start({ accept: ["image/*"], max_files: 1 });
    pick(file("a.txt"));
    await box.updateComplete;
    expect(box.querySelector(".ms-problem")?.textContent).toBe("a.txt cannot be attached here.");
    pick(file("a.png", "image/png"), file("b.png", "image/png"));
    await box.updateComplete;
    expect(box.querySelector(".ms-problem")?.textContent).toBe("No more than 1 file can be attached.");
    expect(said).toEqual([["upload", "a.png"]]);
  });

  it("stay as they are while nothing can be sent, and the buttons stay in their places", async () => {
    await start({ interactive: false, value: { text: "", files: [FILE] }, sources: ["upload", "microphone"] });
    expect(named("Attach a file")?.disabled).toBe(true);
    expect(named("Record")?.disabled).toBe(true);
    expect(named("Remove a.txt")).toBeNull();
    const paste = new Event("paste", { bubbles: true });
    field().dispatchEvent(Object.assign(paste, { clipboardData: { files: [new File(["x"], "b.txt")] } }));
    expect(said).toEqual([]);
  });

  it("cannot be attached where there is no source", async () => {
    await start({ sources: [] });
    expect(named("Attach a file")).toBeNull();
  });

  it.each([
    ["a.png", "image/png", ["image/*"], true],
    ["a.PDF", "", [".pdf"], true],
    ["a.png", "image/png", ["image/jpeg", ".gif"], false],
    ["a.xyz", "", [], true],
  ])("%s of type %s is offered by %j: %s", (name, type, accept, fits) => {
    expect(isAccepted(file(name, type), accept)).toBe(fits);
  });
});

describe("the microphone", () => {
  it("records and stops with one button", async () => {
    await start({ sources: ["microphone"], value: { text: "x", files: [] } });
    named("Record")?.click();
    box.stream = { ...box.stream, state: "running" };
    await box.updateComplete;
    expect(box.querySelector("ms-level")).not.toBeNull();
    expect(named("Send")?.disabled).toBe(true);
    named("Stop")?.click();
    expect(said).toEqual([
      ["record", "start"],
      ["record", "stop"],
    ]);
  });
});
