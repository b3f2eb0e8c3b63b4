/** The rows of a tree of data: one for each value that is to be seen, and one where there are more. */

import { plural } from "../../words.ts";

/** Entries of one list or dict that are shown before the visitor asks for more. */
export const PORTION = 100;
/** Rows that may be open at first: of what is larger, less is open. */
const MOST_OPEN = 500;
/** Characters of a text that are shown before the visitor asks for all. */
export const MOST_TEXT = 1_000;
/** Characters of a closed list or dict that stand in its row. */
const MOST_PREVIEW = 60;

/** Changes by the visitor: entries that were opened or closed, and how many of each are shown. */
export interface TreeState {
  readonly toggled: ReadonlyMap<string, boolean>;
  readonly shown: ReadonlyMap<string, number>;
}

export interface DataRow {
  /** The way to the value, as a JSON pointer. */
  path: string;
  depth: number;
  /** The key in a dict, the index in a list; null for the whole. */
  key: string | number | null;
  value: unknown;
  /** Null if it does not open. */
  isOpen: boolean | null;
  /** The entries that are not shown; only then is this the row that shows more. */
  left: number;
}

/** True if a value has entries. */
export function opens(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

/** The rows of `value` in order. Without a decision of the visitor's, the outermost `levels` are open. */
export function rowsOf(value: unknown, levels: number, state: TreeState): DataRow[] {
  const rows: DataRow[] = [];
  add({ path: "", depth: 0, key: null, value, isOpen: null, left: 0 }, levels, state, rows);
  return rows;
}

function add(row: DataRow, levels: number, state: TreeState, rows: DataRow[]): void {
  rows.push(row);
  const { value, path, depth } = row;
  if (!opens(value)) return;
  const isOpenAtFirst = depth < levels && rows.length <= MOST_OPEN && !(depth > 0 && isLine(value));
  row.isOpen = state.toggled.get(path) ?? isOpenAtFirst;
  if (!row.isOpen) return;
  const isList = Array.isArray(value);
  const keys = isList ? value.keys() : Object.keys(value).values();
  const most = state.shown.get(path) ?? PORTION;
  let count = 0;
  for (const key of keys) {
    if (count === most) break;
    const inner = (value as Record<string | number, unknown>)[key];
    const innerPath = `${path}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
    add({ path: innerPath, depth: depth + 1, key, value: inner, isOpen: null, left: 0 }, levels, state, rows);
    count++;
  }
  const left = (isList ? value.length : Object.keys(value).length) - count;
  if (left > 0) rows.push({ path, depth: depth + 1, key: null, value: null, isOpen: null, left });
}

/** The text of a list or dict in one line, and the number of entries that it leaves out; nested ones are left out. */
export function preview(value: object): { text: string; left: number } {
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const words: string[] = [];
  let size = 0;
  for (const [key, inner] of entries) {
    if (typeof inner === "object" && inner !== null) break;
    const word = isList ? scalarText(inner) : `${key}: ${scalarText(inner)}`;
    size += word.length + 2;
    if (size > MOST_PREVIEW) break;
    words.push(word);
  }
  const left = entries.length - words.length;
  const inside = [...words, ...(left > 0 ? ["…"] : [])].join(", ");
  return { text: isList ? `[${inside}]` : `{${inside}}`, left };
}

/** A text in quotes; numbers, booleans and null as they are. */
export function scalarText(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** True if a list fits into one line: a box or a position need not be opened. */
function isLine(value: object): boolean {
  return Array.isArray(value) && value.length <= MOST_PREVIEW && preview(value).left === 0;
}

/** "3 keys", "1 item". */
export function countOf(value: object): string {
  const count = Object.keys(value).length;
  return Array.isArray(value)
    ? plural("{count} item", "{count} items", count)
    : plural("{count} key", "{count} keys", count);
}
