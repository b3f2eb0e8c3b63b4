/** The rows of a table that are shown, and their order: by search, filters and sorting. Pure. */
import { t } from "../../words.ts";
import { cellNumber, cellText, type TableCell, type TableKind, type TableRow } from "./table.ts";

export interface SortKey {
  column: number;
  isDescending: boolean;
}

/** The comparisons of a filter, by their names in the page. */
export const COMPARISONS = {
  contains: t("contains"),
  lacks: t("does not contain"),
  is: t("is"),
  "is-not": t("is not"),
  begins: t("begins with"),
  ends: t("ends with"),
  above: t("is greater than"),
  below: t("is less than"),
  empty: t("is empty"),
  filled: t("is not empty"),
};

export type Comparison = keyof typeof COMPARISONS;

export interface ColumnFilter {
  column: number;
  comparison: Comparison;
  text: string;
}

export interface Ordering {
  search: string;
  filters: readonly ColumnFilter[];
  sort: readonly SortKey[];
}

/** The numbers of the rows that are shown, in their order; null for all of them as they are. */
export function ordered(
  rows: readonly TableRow[],
  kinds: readonly TableKind[],
  { search, filters, sort }: Ordering,
): Uint32Array | null {
  const isFiltered = search.trim() !== "" || filters.length > 0;
  if (!isFiltered && sort.length === 0) return null;
  const chosen = isFiltered ? passing(rows, kinds, search, filters) : Uint32Array.from(rows.keys());
  return sort.length > 0 ? sorted(chosen, rows, kinds, sort) : chosen;
}

/** The order of a column after a click on its header: rising, falling, none; others stay if several are wanted. */
export function sortedBy(sort: readonly SortKey[], column: number, isFurther: boolean): SortKey[] {
  const known = sort.find((key) => key.column === column);
  const next = known ? (known.isDescending ? [] : [{ column, isDescending: true }]) : [{ column, isDescending: false }];
  if (!isFurther) return next;
  if (!known) return [...sort, ...next];
  return sort.flatMap((key) => (key === known ? next : [key]));
}

function passing(
  rows: readonly TableRow[],
  kinds: readonly TableKind[],
  search: string,
  filters: readonly ColumnFilter[],
): Uint32Array {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const tests = filters.map(({ column, comparison, text }) => {
    const test = testOf(comparison, text, kinds[column] ?? "str");
    return (row: TableRow): boolean => test(row[column] ?? null);
  });
  const found: number[] = [];
  for (const [index, row] of rows.entries()) {
    if (tests.every((test) => test(row)) && (words.length === 0 || hasWords(row, kinds.length, words)))
      found.push(index);
  }
  return Uint32Array.from(found);
}

/** True if each word stands in some cell. */
function hasWords(row: TableRow, width: number, words: readonly string[]): boolean {
  const texts = row.slice(0, width).map((cell) => cellText(cell).toLowerCase());
  return words.every((word) => texts.some((text) => text.includes(word)));
}

type CellTest = (cell: TableCell) => boolean;

function testOf(comparison: Comparison, text: string, kind: TableKind): CellTest {
  const wanted = text.trim().toLowerCase();
  const number = cellNumber(text);
  const isNumeric = kind === "number" && !Number.isNaN(number);
  const textOf = (cell: TableCell): string => cellText(cell).toLowerCase();
  const compared = (cell: TableCell): number =>
    isNumeric ? cellNumber(cell) - number : collator.compare(textOf(cell), wanted);
  const tests: { [name in Comparison]: CellTest } = {
    contains: (cell) => textOf(cell).includes(wanted),
    lacks: (cell) => !textOf(cell).includes(wanted),
    is: (cell) => (isNumeric ? cellNumber(cell) === number : textOf(cell) === wanted),
    "is-not": (cell) => (isNumeric ? cellNumber(cell) !== number : textOf(cell) !== wanted),
    begins: (cell) => textOf(cell).startsWith(wanted),
    ends: (cell) => textOf(cell).endsWith(wanted),
    above: (cell) => !isBlank(cell) && compared(cell) > 0,
    below: (cell) => !isBlank(cell) && compared(cell) < 0,
    empty: isBlank,
    filled: (cell) => !isBlank(cell),
  };
  return tests[comparison];
}

const isBlank = (cell: TableCell): boolean => cell === null || cell === "";

const collator = new Intl.Collator(undefined, { numeric: true });

/** Sorts by several columns; rows that are equal keep their order, and empty cells come last either way. */
function sorted(
  chosen: Uint32Array,
  rows: readonly TableRow[],
  kinds: readonly TableKind[],
  sort: readonly SortKey[],
): Uint32Array {
  const comparers = sort.map(({ column, isDescending }) => {
    const kind = kinds[column] ?? "str";
    return comparer(kind === "number" || kind === "bool" ? numbers(rows, column) : texts(rows, column), isDescending);
  });
  return chosen.sort((one, other) => {
    for (const compare of comparers) {
      const order = compare(one, other);
      if (order !== 0) return order;
    }
    return one - other;
  });
}

type Keys = Float64Array | readonly (string | null)[];

function numbers(rows: readonly TableRow[], column: number): Float64Array {
  return Float64Array.from(rows, (row) => cellNumber(row[column]));
}

function texts(rows: readonly TableRow[], column: number): (string | null)[] {
  return rows.map((row) => (isBlank(row[column] ?? null) ? null : cellText(row[column])));
}

function comparer(keys: Keys, isDescending: boolean): (one: number, other: number) => number {
  const sign = isDescending ? -1 : 1;
  const isMissing = (key: string | number | null | undefined): boolean =>
    key === null || key === undefined || Number.isNaN(key);
  return (one, other) => {
    const [left, right] = [keys[one], keys[other]];
    const [noLeft, noRight] = [isMissing(left), isMissing(right)];
    if (noLeft || noRight) return Number(noLeft) - Number(noRight);
    if (typeof left === "number") return sign * (left - (right as number));
    return sign * collator.compare(left as string, right as string);
  };
}
