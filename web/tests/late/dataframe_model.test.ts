/** The table behind the element: its rows, their order, their sizes, what is selected, copied and edited. */
import { decode } from "@msgpack/msgpack";
import { expect, test } from "vitest";
import { edited, isSmall, textsOf, withColumns } from "../../src/late/dataframe/edits.ts";
import { type ColumnFilter, type Ordering, ordered, type SortKey, sortedBy } from "../../src/late/dataframe/order.ts";
import { CellSelection, moved } from "../../src/late/dataframe/selection.ts";
import { commaSeparated, tabbed, untabbed } from "../../src/late/dataframe/separated.ts";
import { Sizes } from "../../src/late/dataframe/sizes.ts";
import {
  shownText,
  type TableKind,
  type TableRow,
  type TableValue,
  typedCell,
} from "../../src/late/dataframe/table.ts";
import { TableRows } from "../../src/late/dataframe/table_rows.ts";

const KINDS: TableKind[] = ["str", "number", "bool"];
const ROWS: TableRow[] = [
  ["pear 10", 3, true],
  ["pear 9", null, false],
  ["Apple", 20, null],
  ["", -1.5, true],
];

function order(part: Partial<Ordering>): number[] | null {
  const found = ordered(ROWS, KINDS, { search: "", filters: [], sort: [], ...part });
  return found && [...found];
}

const by = (column: number, isDescending = false): SortKey => ({ column, isDescending });

test("rows are sorted by the type of a column, empty cells last, and equal ones keep their order", () => {
  expect(order({})).toBeNull();
  expect(order({ sort: [by(0)] })).toEqual([2, 1, 0, 3]);
  expect(order({ sort: [by(0, true)] })).toEqual([0, 1, 2, 3]);
  expect(order({ sort: [by(1)] })).toEqual([3, 0, 2, 1]);
  expect(order({ sort: [by(1, true)] })).toEqual([2, 0, 3, 1]);
  expect(order({ sort: [by(2), by(1, true)] })).toEqual([1, 0, 3, 2]);
});

test("clicks on a header turn its order over, and then take it away", () => {
  expect(sortedBy([], 1, false)).toEqual([by(1)]);
  expect(sortedBy([by(1)], 1, false)).toEqual([by(1, true)]);
  expect(sortedBy([by(1, true)], 1, false)).toEqual([]);
  expect(sortedBy([by(1)], 2, false)).toEqual([by(2)]);
  expect(sortedBy([by(1)], 2, true)).toEqual([by(1), by(2)]);
  expect(sortedBy([by(1), by(2, true)], 1, true)).toEqual([by(1, true), by(2, true)]);
});

test("a search finds rows in which each word stands somewhere", () => {
  expect(order({ search: "PEAR" })).toEqual([0, 1]);
  expect(order({ search: "pear 3" })).toEqual([0]);
  expect(order({ search: "nothing" })).toEqual([]);
});

test.each<[Omit<ColumnFilter, "column"> & { column?: number }, number[]]>([
  [{ comparison: "contains", text: "PE" }, [0, 1]],
  [{ comparison: "lacks", text: "pear" }, [2, 3]],
  [{ comparison: "is", text: "apple" }, [2]],
  [{ comparison: "is-not", text: "apple" }, [0, 1, 3]],
  [{ comparison: "begins", text: "app" }, [2]],
  [{ comparison: "ends", text: "9" }, [1]],
  [{ comparison: "empty", text: "" }, [3]],
  [{ comparison: "filled", text: "" }, [0, 1, 2]],
  [{ column: 1, comparison: "above", text: "0" }, [0, 2]],
  [{ column: 1, comparison: "below", text: "3" }, [3]],
  [{ column: 1, comparison: "is", text: "3.0" }, [0]],
])("a filter compares: %o", (filter, expected) => {
  expect(order({ filters: [{ column: 0, ...filter }] })).toEqual(expected);
});

test("sizes say where each begins, and which one is at a place", () => {
  const sizes = new Sizes(10);
  sizes.resize(100_000);
  expect([sizes.total, sizes.at(25), sizes.start(3)]).toEqual([1_000_000, 2, 30]);
  sizes.set(1, 30);
  expect([sizes.total, sizes.at(25), sizes.start(3), sizes.size(1)]).toEqual([1_000_020, 1, 50, 30]);
  expect(sizes.window(55, 20, 1)).toEqual([2, 7]);
  expect([sizes.at(-5), sizes.at(1e9)]).toEqual([0, 99_999]);
  sizes.resize(2);
  expect([sizes.total, sizes.window(0, 100, 5)]).toEqual([40, [0, 2]]);
  sizes.resize(0);
  expect([sizes.total, sizes.window(0, 100, 5)]).toEqual([0, [0, 0]]);
});

test("keys move the active cell within the table, and up to its headers", () => {
  const extent = { rows: 50, columns: 3, page: 10 };
  const go = (row: number, column: number, key: string, isFar = false): unknown =>
    Object.values(moved({ row, column }, key, isFar, extent) ?? {});
  expect(go(0, 0, "ArrowUp")).toEqual([-1, 0]);
  expect(go(49, 2, "ArrowDown")).toEqual([49, 2]);
  expect(go(5, 1, "ArrowRight", true)).toEqual([5, 2]);
  expect(go(5, 1, "Home", true)).toEqual([0, 0]);
  expect(go(5, 1, "End")).toEqual([5, 2]);
  expect(go(45, 1, "PageDown")).toEqual([49, 1]);
  expect(go(5, 1, "PageUp")).toEqual([0, 1]);
  expect(go(5, 1, "x")).toEqual([]);
});

test("a selection is the rectangle between two cells", () => {
  const selection = new CellSelection();
  selection.select({ row: 5, column: 2 });
  selection.select({ row: 3, column: 4 }, true);
  expect(selection.range).toEqual({ top: 3, bottom: 5, left: 2, right: 4 });
  selection.clamp(4, 3);
  expect(selection.range).toEqual({ top: 3, bottom: 3, left: 2, right: 2 });
  selection.select({ row: -1, column: 0 });
  expect(selection.range).toBeNull();
  selection.clamp(4, 0);
  expect(selection.active).toBeNull();
});

test("what was copied can be pasted, whatever is in the cells", () => {
  const cells = [
    ["a", "b\tc", 'say "x"'],
    ["", "two\nlines", "end"],
  ];
  expect(untabbed(tabbed(cells))).toEqual(cells);
  expect(untabbed("1\t2\r\n3\t4\r\n")).toEqual([
    ["1", "2"],
    ["3", "4"],
  ]);
  expect(untabbed("one")).toEqual([["one"]]);
  expect(untabbed('a "b" c\t')).toEqual([['a "b" c', ""]]);
  expect(commaSeparated([["a,b", 'x"', "c"]])).toBe('"a,b","x""",c\r\n');
});

test.each<[number | string | boolean | null, TableKind, string]>([
  [0.1 + 0.2, "number", "0.3"],
  [1234567.25, "number", "1234567.25"],
  [1e-9, "number", "1e-9"],
  [1.23456789e20, "number", "123456789000000000000"],
  ["-Infinity", "number", "-∞"],
  ["2024-01-02T03:04:05", "date", "2024-01-02 03:04:05"],
  [null, "str", ""],
])("a cell is shown: %s", (cell, kind, text) => {
  expect(shownText(cell, kind)).toBe(text);
});

test.each<[string, TableKind, boolean, unknown]>([
  ["3,5", "number", true, 3.5],
  [" 42 ", "number", true, 42],
  ["9007199254740993", "number", true, "9007199254740993"],
  ["-Infinity", "number", true, "-Infinity"],
  ["", "number", true, null],
  ["abc", "number", true, undefined],
  ["abc", "number", false, "abc"],
  ["Yes", "bool", true, true],
  ["0", "bool", true, false],
  ["maybe", "bool", true, undefined],
  ["3", "str", true, "3"],
])("typed text becomes a cell: %s %s", (text, kind, isStrict, cell) => {
  expect(typedCell(text, kind, isStrict)).toBe(cell);
});

// ---- rows in files ---------------------------------------------------------------------------------------------------

function table(data: TableValue["data"], others: Partial<TableValue> = {}): TableValue {
  return { headers: ["a", "b"], kinds: ["number", "str"], version: 1, data, ...others };
}

const page = (file: string, rows = 3): { rows: number; page: unknown } => ({ rows, page: { file } });

class FakeFiles {
  asked: string[] = [];
  arrived = 0;
  private readonly waiting = new Map<string, (rows: readonly TableRow[]) => void>();
  readonly rows = new TableRows(
    (one) => {
      const { file } = one as { file: string };
      this.asked.push(file);
      return new Promise((resolve) => this.waiting.set(file, resolve));
    },
    () => this.arrived++,
  );

  async answer(file: string, rows: readonly TableRow[]): Promise<void> {
    this.waiting.get(file)?.(rows);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

const NUMBERED: TableRow[] = [0, 1, 2].map((number) => [number, "x"]);

test("rows in files are fetched once they are asked for", async () => {
  const { rows, asked, ...files } = new FakeFiles();
  void files;
  rows.take(table([page("one"), page("two"), [6, "y"]]));
  expect([rows.count, rows.isComplete, rows.at(6)]).toEqual([7, false, [6, "y"]]);
  expect(rows.at(1)).toBeNull();
  expect(rows.at(2)).toBeNull();
  expect(asked).toEqual(["one"]);
});

test("rows that came are kept as long as the table has their file", async () => {
  const files = new FakeFiles();
  files.rows.take(table([page("one"), page("two"), [6, "y"]]));
  files.rows.at(1);
  await files.answer("one", NUMBERED);
  expect([files.rows.at(1), files.arrived]).toEqual([[1, "x"], 1]);
  files.rows.take(table([page("one"), page("two"), [6, "y"], [7, "z"]]));
  expect(files.rows.at(1)).toEqual([1, "x"]);
  const all = files.rows.all();
  await files.answer("two", NUMBERED);
  expect((await all).length).toBe(8);
  expect(files.asked).toEqual(["one", "two"]);
});

test("rows that were there stand in for those that move into a file", async () => {
  const files = new FakeFiles();
  files.rows.take(table([...NUMBERED]));
  files.rows.take(table([page("one"), [3, "y"]]));
  expect(files.rows.at(1)).toEqual([1, "x"]);
  await files.answer("one", [[9, "new"], ...NUMBERED.slice(1)]);
  expect(files.rows.at(0)).toEqual([9, "new"]);
});

test("a file that cannot be fetched is asked for again", async () => {
  let count = 0;
  const rows = new TableRows(
    async () => {
      if (count++ === 0) throw new Error("offline");
      return NUMBERED;
    },
    () => {},
  );
  rows.take(table([page("one")]));
  await expect(rows.all()).rejects.toThrow("offline");
  expect(await rows.all()).toEqual(NUMBERED);
});

// ---- edits -----------------------------------------------------------------------------------------------------------

function rowsOf(value: TableValue): TableRows {
  const rows = new TableRows(
    async () => [],
    () => {},
  );
  rows.take(value);
  return rows;
}

test("a small table is sent as a whole, without the HTML that the server made", () => {
  const value = table([[1, "**x**", "<b>x</b>"]], { rendered: [1], looks: null });
  const rows = rowsOf(value);
  const [next, messages] = edited(value, rows, [
    ["set", 0, 1, "new"],
    ["insert", 1, [2, "two"]],
    ["rename", 0, "number"],
  ]);
  expect(next.data).toEqual([
    [1, "new", null],
    [2, "two", null],
  ]);
  expect(messages).toEqual([
    {
      headers: ["number", "b"],
      data: [
        [1, "new"],
        [2, "two"],
      ],
      version: next.version,
    },
  ]);
  expect(next.version).not.toBe(1);
});

test("of a large table the server is told the edits alone, one message upon the other", () => {
  const value = table(Array.from({ length: 5_000 }, (_, at): TableRow => [at, "x"]));
  const rows = rowsOf(value);
  expect(isSmall(value, rows)).toBe(false);
  const edits = Array.from({ length: 2_000 }, (_, at) => ["set", at, 0, -1] as const);
  const [next, messages] = edited(value, rows, edits);
  const [first, second] = messages as { base: number; version: number; edits: unknown[] }[];
  expect([first?.base, second?.base, next.version]).toEqual([1, first?.version, second?.version]);
  expect([first?.edits.length, second?.edits.length]).toEqual([1_500, 500]);
  expect([rows.at(1_999), rows.at(2_000)]).toEqual([
    [-1, "x"],
    [2_000, "x"],
  ]);
});

test("edits of rows from a file change the table that the page has", async () => {
  const files = new FakeFiles();
  const value = table([page("one"), [3, "y"]]);
  files.rows.take(value);
  files.rows.at(0);
  await files.answer("one", NUMBERED);
  const [next, messages] = edited(value, files.rows, [
    ["delete", 0],
    ["set", 2, 1, "end"],
  ]);
  expect(next.data).toEqual([page("one", 2), [3, "end"]]);
  files.rows.take(next);
  expect([files.rows.count, files.rows.at(0), files.rows.at(2)]).toEqual([3, [1, "x"], [3, "end"]]);
  expect(messages).toHaveLength(1);
});

test("columns come and go", () => {
  const value = table([[1, "x"]]);
  const [wider] = withColumns(value, rowsOf(value), 1, false);
  expect([wider.headers, wider.kinds, wider.data]).toEqual([["a", "3", "b"], ["number", "str", "str"], [[1, "", "x"]]]);
  const [narrow, messages] = withColumns(value, rowsOf(value), 0, true);
  expect([narrow.headers, narrow.data]).toEqual([["b"], [["x"]]]);
  expect(messages).toEqual([{ headers: ["b"], data: [["x"]], version: narrow.version }]);
  expect(textsOf([[1, "x", true], null], 1, 2)).toEqual([["x", "true"], []]);
});

test("the library that reads the files is there", () => {
  expect(decode(new Uint8Array([0xdd, 0, 0, 0, 1, 0x92, 1, 0xa1, 0x78]))).toEqual([[1, "x"]]);
});
