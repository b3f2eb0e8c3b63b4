// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EDIT, FIRE, listen } from "../../src/constants.ts";
import { Chatbot } from "../../src/elements/chatbot.ts";
import type { Entry, MessageView } from "../../src/elements/parts/message.ts";
import { textOf } from "../../src/elements/parts/message.ts";
import type { RunView } from "../../src/view.ts";

const RUN: RunView = {
  ...{ call: 1, run: 0, binding: 0, outputs: [], progress: "minimal", state: "running", position: 0, etaS: null },
  message: "",
};

const says = (role: Entry["role"], text: string): Entry => ({ role, content: [{ text, html: `<p>${text}</p>` }] });

let chat: Chatbot;
let said: unknown[];
let endings: (() => void)[];

async function start(value: Entry[], props: object = {}, listens: string[] = []): Promise<void> {
  chat.component = 7;
  chat.listens = new Set(listens);
  chat.props = {
    ...{
      label: "Talk",
      info: null,
      show_label: true,
      container: true,
      interactive: true,
      visible: true,
      elem_id: null,
    },
    ...{ elem_classes: [], scale: null, min_width: 160, height: 300, min_height: null, max_height: null, value },
    ...{ resizable: false, autoscroll: true, placeholder: null, examples: [], avatars: [null, null], layout: "bubble" },
    ...{ grouped: true, feedback: ["Like", "Dislike"], liked: [], editable: null, buttons: ["copy"], rtl: false },
    ...props,
  } as Chatbot["props"];
  document.body.append(chat);
  await settle();
}

async function settle(): Promise<void> {
  await chat.updateComplete;
  await Promise.all(messages().map((message) => message.updateComplete));
  await chat.updateComplete;
}

async function change(value: Entry[]): Promise<void> {
  chat.props = { ...chat.props, value };
  await settle();
}

const messages = (): MessageView[] => [...chat.querySelectorAll<MessageView>("ms-message")];
const tool = (at: number, name: string): HTMLElement | null =>
  messages()[at]?.querySelector(`[title="${name}"]`) ?? null;

beforeEach(() => {
  chat = new Chatbot();
  said = [];
  endings = [
    listen(document, EDIT, ({ value }) => said.push(["edit", value])),
    listen(document, FIRE, ({ event, data }) => said.push([event, data])),
  ];
});

afterEach(() => {
  chat.remove();
  for (const end of endings) end();
});

describe("a conversation", () => {
  it("is a log that shows each message once, as HTML from the server", async () => {
    await start([says("user", "a"), says("assistant", "b")]);
    expect(chat.querySelector("[role=log]")?.getAttribute("aria-label")).toBe("Talk");
    expect(messages().map((message) => message.querySelector(".ms-said")?.innerHTML)).toEqual(["<p>a</p>", "<p>b</p>"]);
  });

  it("renders no message anew but the one that grows", async () => {
    const first = says("user", "a");
    await start([first, says("assistant", "b")]);
    const [one, two] = messages() as [MessageView, MessageView];
    let count = 0;
    const render = one["render"].bind(one);
    Object.assign(one, {
      render: () => {
        count++;
        return render();
      },
    });
    const paragraph = two.querySelector("p");
    await change([first, says("assistant", "bc")]);
    expect(count).toBe(0);
    expect(two.querySelector("p")).toBe(paragraph);
    expect(paragraph?.textContent).toBe("bc");
  });

  it("shows three dots until an answer begins", async () => {
    await start([says("user", "a")]);
    expect(chat.querySelector(".ms-dots")).toBeNull();
    chat.run = RUN;
    await settle();
    expect(chat.querySelector(".ms-dots")).not.toBeNull();
    expect(chat.querySelector("[role=log]")?.getAttribute("aria-busy")).toBe("true");
    await change([says("user", "a"), says("assistant", "b")]);
    expect(chat.querySelector(".ms-dots")).toBeNull();
  });

  it("says what went wrong, unless there is nothing to say", async () => {
    await start([says("user", "a")]);
    chat.run = { ...RUN, state: "failed", message: "It broke." };
    await settle();
    expect(chat.querySelector(".ms-failed")?.textContent).toContain("It broke.");
    chat.run = { ...RUN, state: "failed", progress: "hidden" };
    await settle();
    expect(chat.querySelector(".ms-failed")).toBeNull();
  });

  it("says the place in the queue", async () => {
    await start([says("user", "a")]);
    chat.run = { ...RUN, state: "waiting", position: 2 };
    await settle();
    expect(chat.querySelector(".ms-queue")?.textContent).toBe("2nd in line");
  });
});

describe("what can be done", () => {
  const talk = [says("user", "a"), says("assistant", "b"), says("user", "c"), says("assistant", "d")];

  it("is only what the app listens to", async () => {
    await start(talk);
    expect(tool(3, "Answer again")).toBeNull();
    expect(tool(3, "Copy")).not.toBeNull();
  });

  it("is answering again and taking back, for the newest message alone, and names the user's", async () => {
    await start(talk, {}, ["retry", "undo"]);
    expect(tool(1, "Answer again")).toBeNull();
    tool(3, "Answer again")?.click();
    tool(3, "Take back")?.click();
    expect(said).toEqual([
      ["retry", { index: 2, value: "c" }],
      ["undo", { index: 2, value: "c" }],
    ]);
  });

  it("is nothing while an answer grows", async () => {
    await start(talk, {}, ["retry", "undo", "like"]);
    chat.run = RUN;
    await settle();
    expect(messages()[3]?.querySelector(".ms-acts")).toBeNull();
    expect(tool(1, "Like")).not.toBeNull();
  });

  it("is giving a thumb, and taking it back", async () => {
    await start(talk, { liked: [null, "Dislike"] }, ["like"]);
    expect(tool(1, "Dislike")?.getAttribute("aria-pressed")).toBe("true");
    expect(tool(0, "Like")).toBeNull();
    tool(1, "Like")?.click();
    await settle();
    expect(tool(1, "Like")?.getAttribute("aria-pressed")).toBe("true");
    tool(1, "Like")?.click();
    expect(said).toEqual([
      ["like", { index: 1, value: "b", liked: true }],
      ["like", { index: 1, value: "b", liked: null }],
    ]);
  });

  it("is any word of feedback", async () => {
    await start(talk, { feedback: ["Wrong"] }, ["like"]);
    tool(1, "Wrong")?.click();
    expect(said).toEqual([["like", { index: 1, value: "b", liked: "Wrong" }]]);
  });

  it("is rewriting what the user said", async () => {
    await start(talk, { editable: "user" }, ["edit"]);
    expect(tool(1, "Edit")).toBeNull();
    tool(0, "Edit")?.click();
    await settle();
    const field = messages()[0]?.querySelector("textarea") as HTMLTextAreaElement;
    expect(field.value).toBe("a");
    field.value = "z";
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    await settle();
    expect(said).toEqual([["edit", { index: 0, value: "z", previous_value: "a" }]]);
    expect(messages()[0]?.querySelector("textarea")).toBeNull();
  });

  it("is leaving it as it was", async () => {
    await start(talk, { editable: "user" }, ["edit"]);
    tool(0, "Edit")?.click();
    await settle();
    const field = messages()[0]?.querySelector("textarea") as HTMLTextAreaElement;
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await settle();
    expect(messages()[0]?.querySelector("textarea")).toBeNull();
    expect(said).toEqual([]);
  });

  it("is emptying it, if the page may", async () => {
    await start(talk);
    chat.querySelector<HTMLElement>('[title="Clear"]')?.click();
    expect(said).toEqual([
      ["edit", []],
      ["clear", undefined],
    ]);
    await start(talk, { interactive: false });
    expect(chat.querySelector('[title="Clear"]')).toBeNull();
  });

  it("is choosing an example, an option, a message", async () => {
    await start([], { examples: [{ text: "one", label: "One" }] }, ["example_select"]);
    chat.querySelector<HTMLElement>(".ms-starts button")?.click();
    expect(said).toEqual([["example_select", { index: 0, value: { text: "one" } }]]);
    said.length = 0;
    chat.listens = new Set(["option_select", "select"]);
    await change([{ ...says("assistant", "x"), options: [{ value: "y", label: "Yes" }] }]);
    messages()[0]?.querySelector<HTMLElement>(".ms-choices button")?.click();
    messages()[0]?.querySelector<HTMLElement>(".ms-bubble")?.click();
    expect(said).toEqual([
      ["option_select", { index: 0, value: "y" }],
      ["select", { index: 0, value: "x" }],
    ]);
  });
});

describe("a message", () => {
  it("shows files as what they are", async () => {
    const file = (kind: "image" | "audio" | "video" | "file"): object => ({
      kind,
      value: { file: kind, name: `${kind}.x` },
    });
    const content = [file("image"), file("audio"), file("video"), file("file"), { text: "*x*" }] as Entry["content"];
    await start([{ role: "assistant", content }]);
    const [message] = messages();
    expect(message?.querySelector("img")?.getAttribute("src")).toBe("file/image");
    expect(message?.querySelector("img")?.alt).toBe("image.x");
    expect(message?.querySelector("ms-player")).not.toBeNull();
    expect(message?.querySelector("video")?.getAttribute("src")).toBe("file/video");
    expect(message?.querySelector(".ms-file")?.getAttribute("href")).toBe("file/file?download=1");
    expect(message?.querySelector(".ms-plain")?.textContent).toBe("*x*");
  });

  it("is folded away under its title", async () => {
    await start([{ ...says("assistant", "x"), metadata: { title: "Searching", status: "pending", duration: 1.23 } }]);
    const fold = messages()[0]?.querySelector("details") as HTMLDetailsElement;
    expect(fold.open).toBe(true);
    expect(fold.querySelector("summary")?.textContent).toContain("1.2 s");
    await change([{ ...says("assistant", "x"), metadata: { title: "Searched", status: "done" } }]);
    expect(fold.open).toBe(false);
  });

  it("says what it says", () => {
    expect(textOf({ role: "user", content: [{ text: "a" }, { kind: "file" }, { text: "b" }] })).toBe("a\n\nb");
  });
});
