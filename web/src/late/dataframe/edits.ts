/** Edits of a table: what they make of its rows, and the form in which the server is told of them. */

import { blankCell, cellText, type TableCell, type TableRow, type TableValue } from "./table.ts";
import type { TableRows } from "./table_rows.ts";

/** An edit by the numbers of its row and column in the value. */
export type TableEdit =
  | readonly ["set", number, number, TableCell]
  | readonly ["insert", number, TableRow]
  | readonly ["delete", number]
  | readonly ["rename", number, string];

/** Tables of more cells, or more text, are not sent as a whole: the server is told what has changed. */
const MOST_CELLS = 2_000;
const MOST_TEXT = 200_000;

/** Edits that go in one message: the server reads no more values of one. */
const MOST_EDITS = 1_500;

const VERSIONS = 2 ** 48;

/** True if a table is sent as a whole, and may get other columns. */
export function isSmall({ headers }: TableValue, rows: TableRows): boolean {
  if (rows.isPaged || rows.count * headers.length > MOST_CELLS) return false;
  let size = 0;
  for (const row of rows.loaded) for (const cell of row) size += typeof cell === "string" ? cell.length : 0;
  return size <= MOST_TEXT;
}

/** Makes edits: changes the rows, and gives the value that has them, with what is sent of it, in order. */
export function edited(value: TableValue, rows: TableRows, edits: readonly TableEdit[]): [TableValue, unknown[]] {
  const headers = [...value.headers];
  const isWhole = isSmall(value, rows);
  for (const edit of edits) apply(edit, value, rows, headers);
  const { looks: _, ...others } = value; // texts and colours are those of the cells before
  const next = { ...others, headers, data: rows.data };
  if (isWhole && isSmall(next, rows)) {
    next.version = newVersion();
    return [next, [wholeOf(next)]];
  }
  const messages = [];
  for (let at = 0; at < edits.length; at += MOST_EDITS) {
    const [base, version] = [next.version, newVersion()];
    messages.push({ base, version, edits: edits.slice(at, at + MOST_EDITS) });
    next.version = version;
  }
  return [next, messages];
}

function apply(edit: TableEdit, { headers, rendered = [] }: TableValue, rows: TableRows, names: string[]): void {
  const [what, at] = edit;
  if (what === "rename") names[at] = edit[2];
  else if (what === "insert") rows.insert(at, [...edit[2], ...rendered.map(() => null)]);
  else if (what === "delete") rows.remove(at);
  else {
    const row = [...(rows.at(at) ?? [])];
    row[edit[2]] = edit[3];
    const html = rendered.indexOf(edit[2]);
    if (html >= 0) row[headers.length + html] = null;
    rows.set(at, row);
  }
}

/** A table of which one column was removed, or one without a name inserted, with what is sent of it. */
export function withColumns(
  value: TableValue,
  rows: TableRows,
  at: number,
  isRemoved: boolean,
): [TableValue, unknown[]] {
  const width = value.headers.length;
  const kinds = value.kinds.toSpliced(at, isRemoved ? 1 : 0, ...(isRemoved ? [] : ["str" as const]));
  const headers = value.headers.toSpliced(at, isRemoved ? 1 : 0, ...(isRemoved ? [] : [freeName(value.headers)]));
  const data = rows.loaded.map((row) =>
    row.slice(0, width).toSpliced(at, isRemoved ? 1 : 0, ...(isRemoved ? [] : [blankCell("str")])),
  );
  const next: TableValue = { headers, kinds, data, version: newVersion() };
  return [next, [wholeOf(next)]];
}

function freeName(headers: readonly string[]): string {
  for (let number = headers.length + 1; ; number++) if (!headers.includes(String(number))) return String(number);
}

function wholeOf({ headers, data, version }: TableValue): unknown {
  return { headers, data: (data as readonly TableRow[]).map((row) => row.slice(0, headers.length)), version };
}

function newVersion(): number {
  return Math.floor(Math.random() * VERSIONS);
}

/** The texts of a rectangle of cells. */
export function textsOf(rows: readonly (TableRow | null)[], left: number, right: number): string[][] {
  return rows.map((row) => (row ?? []).slice(left, right + 1).map(cellText));
}
