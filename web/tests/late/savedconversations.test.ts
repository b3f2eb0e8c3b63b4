// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test } from "vitest";
import { EDIT, listen } from "../../src/constants.ts";
import { keepChat, type SavedChat, savedChats, sendable, tellChats } from "../../src/elements/parts/saved_chats.ts";
import { SavedConversations } from "../../src/late/savedconversations.ts";

const KEY = "millstream:chats:app";
const chat = (id: string, text = id): SavedChat => ({ id, messages: [{ role: "user", content: text }] });
const ids = (key: string): string[] => savedChats(key).map(({ id }) => id);

let said: unknown[] = [];
let end = (): void => undefined;
beforeEach(() => {
  said = [];
  end = listen(document, EDIT, ({ value }) => said.push(JSON.parse(String(value))));
});
afterEach(() => {
  end();
  document.body.replaceChildren();
  localStorage.clear();
});

async function made(is_listed: boolean): Promise<SavedConversations> {
  const element = new SavedConversations();
  element.component = 7;
  element.props = {
    ...{ label: null, info: null, show_label: true, container: true, interactive: true, visible: true, elem_id: null },
    ...{ elem_classes: [], scale: null, min_width: 160, value: "[]", key: KEY, is_listed },
  };
  document.body.append(element);
  await element.updateComplete;
  await new Promise((resolve) => setTimeout(resolve));
  return element;
}

async function write(element: SavedConversations, chats: SavedChat[]): Promise<void> {
  element.props = { ...element.props, value: JSON.stringify(chats) };
  await element.updateComplete;
}

test("the app gets the browser's conversations, and again when the page keeps another one", async () => {
  keepChat(`${KEY}:`, chat("a"));
  await made(false);
  expect(said).toEqual([[chat("a")]]);
  keepChat(`${KEY}:`, chat("b"));
  expect(said[1]).toEqual([chat("b"), chat("a")]);
});

test("what the app writes takes the place of all, and of nothing if it is what is there", async () => {
  const element = await made(false);
  await write(element, [chat("x"), chat("y")]);
  expect(ids(`${KEY}:`)).toEqual(["x", "y"]);
  await write(element, [chat("x"), chat("y")]);
  await write(element, []);
  expect([ids(`${KEY}:`), said]).toEqual([[], []]);
});

test("beside a list it waits until that one says whose they are", async () => {
  keepChat(`${KEY}:ann`, chat("a"));
  keepChat(`${KEY}:`, chat("b"));
  const element = await made(true);
  expect(said).toEqual([]);
  tellChats("millstream:chats:other:ann");
  tellChats(`${KEY}:ann`);
  expect(said).toEqual([[chat("a")]]);
  await write(element, [chat("c")]);
  expect([ids(`${KEY}:ann`), ids(`${KEY}:`)]).toEqual([["c"], ["b"]]);
});

test("what the app writes before that is kept as soon as it is known where", async () => {
  keepChat(`${KEY}:ann`, chat("a"));
  const element = await made(true);
  await write(element, [chat("x")]);
  tellChats(`${KEY}:ann`);
  expect([ids(`${KEY}:ann`), said]).toEqual([["x"], []]);
});

test("those that are too many for a message stay where they are", async () => {
  const many = [chat("a", "x".repeat(500_000)), chat("b", "ü".repeat(250_000)), chat("c")];
  expect(sendable(many).map((part) => part.length)).toEqual([1, 2]);
  for (const one of [...many].reverse()) keepChat(`${KEY}:`, one);
  const element = await made(false);
  await write(element, []);
  expect(ids(`${KEY}:`)).toEqual(["b", "c"]);
});
