// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EDIT, FIRE, listen } from "../../src/constants.ts";
import type { Entry, MessageView } from "../../src/elements/parts/message.ts";
import { textOf } from "../../src/elements/parts/message.ts";
import { Chatbot } from "../../src/late/chatbot.ts";
import type { RunView } from "../../src/states.ts";

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
    ...{
      grouped: true,
      feedback: ["Like", "Dislike"],
      liked: [],
      likes_own: false,
      editable: null,
      buttons: ["copy"],
      rtl: false,
    },
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

it("shows how far an answer is by its own word, also while it grows", async () => {
  const level = { desc: "Reading", index: 3, length: 6, fraction: 0.5, unit: "pages" };
  const advance: RunView["advance"] = { levels: [level], fraction: 0.5, leftS: null };
  await start([says("user", "a")]);
  chat.run = { ...RUN, advance };
  await settle();
  expect(chat.querySelector(".ms-advancing p")?.textContent).toContain("Reading 3/6 pages");
  expect(chat.querySelector(".ms-dots")).toBeNull();
  await change([says("user", "a"), says("assistant", "b")]);
  expect(chat.querySelector('[role="progressbar"]')?.getAttribute("aria-valuenow")).toBe("50");
  chat.run = { ...RUN, advance, state: "done" };
  await settle();
  expect(chat.querySelector(".ms-advancing")).toBeNull();
});

describe("what is past", () => {
  const past = [
    says("user", "old"),
    { role: "assistant", content: [{ kind: "image", value: { file: "h", name: "a.png" } }] },
  ];

  it("can be read above a line, but neither be answered nor have files", async () => {
    await start([says("user", "new")], { past }, ["retry", "like"]);
    const line = chat.querySelector(".ms-past");
    expect(line?.textContent).toContain("The connection was lost.");
    expect(messages().map((message) => message.querySelector(".ms-bubble")?.textContent?.trim())).toEqual([
      "old",
      "a.png",
      "new",
    ]);
    expect(messages()[2]?.index).toBe(0);
    expect(messages()[1]?.querySelector(".ms-acts, img")).toBeNull();
    expect(chat.querySelector(".ms-opening")).toBeNull();
  });

  it("is cleared away with the rest", async () => {
    await start([], { past });
    expect(messages()).toHaveLength(2);
    chat.querySelector<HTMLElement>('[title="Clear"]')?.click();
    await settle();
    expect(messages()).toHaveLength(0);
    expect(chat.querySelector(".ms-opening")).not.toBeNull();
  });
});

describe("a message", () => {
  const note = (text: string, metadata: Entry["metadata"]): Entry => ({ ...says("assistant", text), metadata });

  it("is folded away under a title, which may be Markdown", async () => {
    await start([note("x", { title: "_T_", heading: "<em>T</em>", status: "pending", duration: 2 })]);
    const fold = messages()[0]?.querySelector("details");
    expect(fold?.open).toBe(true);
    expect(fold?.querySelector("summary em")?.textContent).toBe("T");
    expect(fold?.querySelector(".ms-said")?.innerHTML).toBe("<p>x</p>");
    await change([note("x", { title: "_T_", heading: "<em>T</em>", status: "done" })]);
    expect(messages()[0]?.querySelector("details")?.open).toBe(false);
  });

  it("folds away what was only thought, which is not copied", async () => {
    const entry: Entry = {
      role: "assistant",
      content: [
        { thought: "done", html: "<p>hm</p>" },
        { text: "Four", html: "<p>Four</p>" },
      ],
    };
    await start([entry]);
    const [message] = messages();
    expect(message?.querySelector("summary")?.textContent?.trim()).toBe("Reasoning");
    expect(message?.querySelector("details .ms-said")?.textContent).toBe("hm");
    expect(message?.querySelector("details + .ms-said")?.textContent).toBe("Four");
    expect(textOf(entry)).toBe("Four");
  });

  it("that is part of a thought is moved in", async () => {
    await start([
      note("a", { title: "A", id: "1" }),
      note("b", { title: "B", id: "2", parent_id: "1" }),
      note("c", { title: "C", parent_id: "2" }),
      note("d", { title: "D", parent_id: "9" }),
    ]);
    expect(messages().map(({ depth }) => depth)).toEqual([0, 1, 2, 0]);
  });

  it("of nobody's has no face, and none is liked but the answers", async () => {
    const talk = [says("system", "n"), says("user", "a"), says("assistant", "b")];
    await start(talk, { avatars: ["u.png", "a.png"] }, ["like"]);
    expect(messages().map((message) => message.querySelector("img")?.getAttribute("src"))).toEqual([
      undefined,
      "u.png",
      "a.png",
    ]);
    expect([0, 1, 2].map((at) => tool(at, "Like") !== null)).toEqual([false, false, true]);
    await start(talk, { likes_own: true }, ["like"]);
    expect([0, 1, 2].map((at) => tool(at, "Like") !== null)).toEqual([false, true, true]);
  });

  it("shows no broken image of who speaks", async () => {
    await start([says("user", "a")], { avatars: ["u.png", null] });
    const face = messages()[0]?.querySelector("img");
    face?.dispatchEvent(new Event("error"));
    expect(face?.hasAttribute("data-missing")).toBe(true);
    face?.dispatchEvent(new Event("load"));
    expect(face?.hasAttribute("data-missing")).toBe(false);
  });

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

it("copies replies with the words of the app below them", async () => {
  await start([says("user", "Hi"), says("assistant", "Yes"), says("assistant", "No")], { watermark: "By a model" });
  expect(messages().map((message) => message.said)).toEqual(["Hi", "", "Yes\n\nNo\n\nBy a model"]);
});
