// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { EDIT, FIRE, listen } from "../../src/constants.ts";
import { keepChat, type SavedChat, savedChats, titleOf } from "../../src/elements/parts/saved_chats.ts";
import { SavedChats } from "../../src/late/savedchats.ts";

const KEY = "millstream:chats:app";

function chat(id: string, text = id): SavedChat {
  return { id, messages: [{ role: "user", content: text }] };
}

let element: SavedChats;
let said: unknown[];

beforeEach(async () => {
  localStorage.clear();
  said = [];
  element = new SavedChats();
  element.component = 3;
  element.props = {
    ...{ label: "Saved chats", info: null, show_label: true, container: false, interactive: true, visible: true },
    ...{ elem_id: null, elem_classes: [], scale: null, min_width: 160, value: null, key: KEY },
  };
  document.body.replaceChildren(element);
  await element.updateComplete;
});
listen(document, EDIT, (edit) => said.push(edit));
listen(document, FIRE, ({ event, data }) => said.push({ event, data }));

async function write(value: SavedChat & { user?: string; index?: number }): Promise<void> {
  element.props = { ...element.props, value };
  await element.updateComplete;
}

const titles = (): (string | null)[] => [...element.querySelectorAll(".ms-saved-chat")].map((one) => one.textContent);
const click = async (selector: string): Promise<void> => {
  element.querySelector<HTMLElement>(selector)?.click();
  await element.updateComplete;
};

test("what the app writes is kept under the user's own name, the newest first", async () => {
  await write({ id: "", messages: [], user: "ann" });
  await write(chat("a"));
  await write(chat("b"));
  expect(titles()).toEqual(["b", "a"]);
  expect(savedChats(`${KEY}:ann`).map(({ id }) => id)).toEqual(["b", "a"]);
  expect(savedChats(`${KEY}:ben`)).toEqual([]);
});

test("nothing is shown or kept before the app has said whose conversations they are", async () => {
  localStorage.setItem(`${KEY}:null`, JSON.stringify([chat("x")]));
  await write(chat("a"));
  expect(titles()).toEqual([]);
});

test("choosing sends that conversation alone; a new chat sends none; the open one is not sent again", async () => {
  localStorage.setItem(`${KEY}:`, JSON.stringify([chat("a"), chat("b")]));
  await write({ id: "", messages: [], user: "" });
  expect(said).toEqual([]);
  await click("li:nth-child(2) .ms-saved-chat");
  expect(said).toEqual([
    { component: 3, value: chat("b") },
    { event: "select", data: { index: 1, value: "b" } },
  ]);
  await click("li:nth-child(2) .ms-saved-chat");
  expect(said.length).toBe(2);
  await click(".ms-saved-new");
  expect(said.slice(2)).toEqual([{ component: 3, value: null }, { event: "clear" }, { event: "click" }]);
});

test("the app opens one by its place; a place that is empty opens none", async () => {
  localStorage.setItem(`${KEY}:`, JSON.stringify([chat("a"), chat("b")]));
  await write({ id: "", messages: [], user: "" });
  await write({ id: "", messages: [], index: 7 });
  expect(said).toEqual([]);
  await write({ id: "", messages: [], index: 1 });
  expect(said).toEqual([{ component: 3, value: chat("b") }, { event: "open" }]);
  await element.updateComplete;
  expect(element.querySelector("[aria-current=true]")?.textContent).toBe("b");
  expect(titles()).toEqual(["a", "b"]);
});

test("a deleted conversation is gone, and a new one begins if it was open", async () => {
  await write({ id: "", messages: [], user: "" });
  await write(chat("a"));
  await write(chat("b"));
  await click("li:nth-child(2) .ms-tool");
  expect([titles(), said]).toEqual([["b"], [{ event: "delete", data: { index: 1 } }]]);
  await click("li:nth-child(1) .ms-tool");
  expect([titles(), said.at(-1)]).toEqual([[], { event: "clear" }]);
  expect(localStorage.length).toBe(0);
});

test("a conversation without messages is forgotten, and one that did not change keeps its place", () => {
  keepChat(KEY, chat("a"));
  keepChat(KEY, chat("b"));
  keepChat(KEY, chat("a"));
  expect(savedChats(KEY).map(({ id }) => id)).toEqual(["b", "a"]);
  keepChat(KEY, { id: "b", messages: [] });
  expect(savedChats(KEY).map(({ id }) => id)).toEqual(["a"]);
});

test("their number and their size are bounded, and a full browser loses the oldest", () => {
  for (let at = 0; at < 60; at++) keepChat(KEY, chat(String(at)));
  expect(savedChats(KEY).length).toBe(50);
  for (let at = 0; at < 4; at++) keepChat(KEY, chat(`large ${at}`, "x".repeat(600_000)));
  expect(savedChats(KEY).length).toBe(3);
  let left = 2;
  const kept = localStorage.getItem(KEY);
  const setItem = (): void => {
    if (left-- > 0) throw new DOMException("full", "QuotaExceededError");
  };
  vi.stubGlobal("localStorage", { getItem: () => kept, setItem });
  expect(keepChat(KEY, chat("z")).length).toBe(2);
  vi.unstubAllGlobals();
});

test.each(["{", "7", '[{"id": 1}]', '[{"id": "a", "messages": [null]}]', "null"])(
  "what is no list is none: %s",
  (text) => {
    localStorage.setItem(KEY, text);
    expect(savedChats(KEY)).toEqual([]);
  },
);

test("the title is the user's first text in one line", () => {
  expect(
    titleOf({ id: "a", messages: [{ role: "assistant", content: "Hi" }, ...chat("b", " so\n so ").messages] }),
  ).toBe("so so");
  expect(titleOf({ id: "a", messages: [{ role: "user", content: ["`a.png`", "what?", { path: "https://a" }] }] })).toBe(
    "a.png what?",
  );
  expect(titleOf(chat("a", "")).length).toBe("Conversation".length);
  expect(titleOf(chat("a", "x".repeat(500))).length).toBe(81);
});
