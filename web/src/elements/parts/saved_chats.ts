/** Conversations in the browser's `localStorage`: a list under one key, the newest first, bounded. */
import { t } from "../../words.ts";

/** The most conversations; the oldest goes first. */
const MOST = 50;
/** The most characters of all of them; browsers keep some five million for all apps of one address. */
const MOST_CHARACTERS = 2_000_000;
/** The most bytes of those that the app itself gets; see `MAX_CONTROL_BYTES` of the server. */
const MOST_BYTES = 900_000;
const TITLE_CHARACTERS = 80;

export interface SavedMessage {
  role: string;
  content: unknown;
  metadata?: unknown;
}

export interface SavedChat {
  id: string;
  messages: readonly SavedMessage[];
}

/** The conversations under a key; none if something else has written there, or nothing may be kept. */
export function savedChats(key: string): SavedChat[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(list) ? list.filter(isChat).slice(0, MOST) : [];
  } catch {
    return [];
  }
}

/** Keeps a conversation as the newest one; without messages it is forgotten. Returns all that are kept then. */
export function keepChat(key: string, chat: SavedChat): SavedChat[] {
  const before = savedChats(key);
  const known = before.find(({ id }) => id === chat.id);
  if (known && JSON.stringify(known) === JSON.stringify(chat)) return before;
  const others = before.filter(({ id }) => id !== chat.id);
  return write(key, chat.messages.length > 0 ? [chat, ...others].slice(0, MOST) : others);
}

export function forgetChat(key: string, id: string): SavedChat[] {
  return write(
    key,
    savedChats(key).filter((one) => one.id !== id),
  );
}

/** Puts other conversations, the newest first, in the place of all that are kept. */
export function replaceChats(key: string, chats: readonly SavedChat[]): void {
  write(key, chats.slice(0, MOST));
}

/** Splits a list into what may be sent as one message, and what is older. */
export function sendable(chats: readonly SavedChat[]): [readonly SavedChat[], readonly SavedChat[]] {
  let left = MOST_BYTES;
  const end = chats.findIndex((chat) => {
    left -= new TextEncoder().encode(JSON.stringify(chat)).length + 1;
    return left < 0;
  });
  return end < 0 ? [chats, []] : [chats.slice(0, end), chats.slice(end)];
}

/** Tells this page of the conversations under a key, as browsers tell all other pages when they have changed. */
export function tellChats(key: string): void {
  dispatchEvent(new StorageEvent("storage", { key }));
}

/** Writes as many as fit; a browser that keeps nothing, such as one in a private window, keeps none. */
function write(key: string, chats: SavedChat[]): SavedChat[] {
  for (let list = chats; ; list = list.slice(0, -1)) {
    const text = JSON.stringify(list);
    if (text.length > MOST_CHARACTERS && list.length > 1) continue;
    try {
      if (list.length > 0) localStorage.setItem(key, text);
      else localStorage.removeItem(key);
      tellChats(key);
      return list;
    } catch (error) {
      if (list.length > 1) continue;
      console.warn("The browser does not keep conversations:", error);
      return [];
    }
  }
}

/** The first thing that the user said, in one line. */
export function titleOf({ messages }: SavedChat): string {
  const first = messages.find(({ role }) => role === "user") ?? messages[0];
  const parts = Array.isArray(first?.content) ? first.content : [first?.content];
  const text = parts.filter((part) => typeof part === "string").join(" ");
  const named = text.replace(/`([^`]*)`/g, "$1"); // a file is told by its name, as code
  const line = named.replace(/\s+/g, " ").trim();
  return (line.length > TITLE_CHARACTERS ? `${line.slice(0, TITLE_CHARACTERS)}…` : line) || t("Conversation");
}

function isChat(value: unknown): value is SavedChat {
  if (typeof value !== "object" || value === null || !("id" in value && "messages" in value)) return false;
  return typeof value.id === "string" && Array.isArray(value.messages) && value.messages.every(isMessage);
}

function isMessage(value: unknown): boolean {
  return typeof value === "object" && value !== null && "role" in value && "content" in value;
}
