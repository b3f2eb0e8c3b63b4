/** A conversation as entries: their sides, and their nesting. Pure. */
import { type Act, type Entry, textOf } from "./message.ts";

/** The nesting depth of every message in thoughts. */
export function depthsOf(entries: readonly Entry[]): number[] {
  const known = new Map<string, number>();
  return entries.map(({ metadata }) => {
    const depth = metadata?.parent_id === undefined ? 0 : (known.get(metadata.parent_id) ?? -1) + 1;
    if (metadata?.id !== undefined) known.set(metadata.id, depth);
    return depth;
  });
}

export function isSameSide(one: Entry | undefined, other: Entry): boolean {
  return one !== undefined && (one.role === "user") === (other.role === "user");
}

/** The text of one side up to message `at`, without a reply in between; that message alone if they are not `grouped`. */
export function saidUpTo(entries: readonly Entry[], at: number, grouped: boolean): string {
  const last = entries[at] as Entry;
  let before = at - 1;
  while (grouped && before >= 0 && isSameSide(entries[before], last)) before--;
  return entries
    .slice(before + 1, at + 1)
    .map(textOf)
    .filter(Boolean)
    .join("\n\n");
}

/** The message with the names of files in place of the files, which were lost with their session. */
export function withoutFiles(entry: Entry): Entry {
  const content = entry.content.map((part) => {
    const { value } = part;
    if (part.kind === "element") return { text: part.tag ?? "" };
    const isFile = typeof value === "object" && value !== null && "file" in value;
    return isFile ? { text: "name" in value ? String(value.name) : "" } : part;
  });
  return { ...entry, content };
}

const lists = new Map<string, readonly Act[]>();

/** One shared list for all messages with the same actions, so that an unchanged message is not rendered again. */
export function same(acts: Act[]): readonly Act[] {
  const key = acts.join();
  const known = lists.get(key) ?? acts;
  lists.set(key, known);
  return known;
}
