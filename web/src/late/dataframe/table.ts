/** A table as the page knows it: the value of the component, and the texts of its cells. Pure. */

export type TableCell = string | number | boolean | null;

/** The cells of a row; behind those of the columns comes the HTML of the columns that are rendered. */
export type TableRow = readonly TableCell[];

export type TableKind = "str" | "number" | "bool" | "date" | "markdown" | "html" | "image";

/** Rows in a file of the session, in the place of these rows. */
export interface TablePage {
  rows: number;
  page: unknown;
}

/** Texts and styles of cells that differ from what is in them. */
export interface TableLooks {
  display: readonly (readonly (string | null)[])[];
  palette: readonly Readonly<Record<string, string>>[];
  /** The number of each cell's style, by row; -1 for none. */
  styles: readonly (readonly number[])[];
}

export interface TableValue {
  headers: readonly string[];
  data: readonly (TableRow | TablePage)[];
  kinds: readonly TableKind[];
  version: number;
  rendered?: readonly number[];
  looks?: TableLooks | null;
}

export const NO_TABLE: TableValue = { headers: [], data: [], kinds: [], version: 0 };

export function isPage(item: TableRow | TablePage): item is TablePage {
  return !Array.isArray(item);
}

/** The text of a cell, as it is copied, searched and edited. */
export function cellText(cell: TableCell | undefined): string {
  return cell === null || cell === undefined ? "" : String(cell);
}

/** The text by which a cell is shown: numbers are rounded to six places, dates have a space before the time. */
export function shownText(cell: TableCell | undefined, kind: TableKind): string {
  if (typeof cell === "number") return numberText(cell);
  if (kind === "number" && (cell === "Infinity" || cell === "-Infinity")) return cell.replace("Infinity", "∞");
  if (kind === "date" && typeof cell === "string") return cell.replace("T", " ");
  return cellText(cell);
}

const PLACES = 6;
const LARGE = 1e15;
const SMALL = 10 ** -PLACES;

function numberText(number: number): string {
  if (Number.isInteger(number) || number === 0) return String(number);
  const size = Math.abs(number);
  if (size >= LARGE || size < SMALL) return String(Number(number.toPrecision(PLACES + 1)));
  return String(Number(number.toFixed(PLACES)));
}

/** The number that a cell stands for, `NaN` if it is none. */
export function cellNumber(cell: TableCell | undefined): number {
  if (typeof cell === "number") return cell;
  return typeof cell === "string" && cell.trim() !== ""
    ? Number(cell)
    : typeof cell === "boolean"
      ? Number(cell)
      : Number.NaN;
}

const TRUTH: { [word: string]: TableCell } = { true: true, yes: true, 1: true, false: false, no: false, 0: false };

/** The cell that a typed text means in a column; `undefined` if the column does not take it. */
export function typedCell(text: string, kind: TableKind, isStrict: boolean): TableCell | undefined {
  if (kind !== "number" && kind !== "bool") return text;
  const word = text.trim().toLowerCase();
  if (word === "") return null;
  const read = kind === "bool" ? TRUTH[word] : typedNumber(text.trim());
  return read ?? (isStrict ? undefined : text);
}

/** A number; one that would be rounded stays a text, which Python reads. */
function typedNumber(text: string): TableCell | undefined {
  const number = Number(text.replace(/^([+-]?\d+),(\d+)$/, "$1.$2"));
  const isRounded = Number.isInteger(number) && !Number.isSafeInteger(number);
  if (Number.isFinite(number) && !isRounded) return number;
  return /^[+-]?(\d+|Infinity)$/.test(text) ? text.replace("+", "") : undefined;
}

/** The empty cell of a column. */
export function blankCell(kind: TableKind): TableCell {
  return kind === "number" || kind === "bool" || kind === "date" ? null : "";
}
