// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test } from "vitest";
import { EDIT, FIRE, listen } from "../../src/constants.ts";
import type { TableValue } from "../../src/late/dataframe/table.ts";
import { Dataframe, type DataframeProps } from "../../src/late/dataframe.ts";

let table: Dataframe;
let said: [string, unknown][];
let endings: (() => void)[];

const VALUE: TableValue = {
  headers: ["name", "age", "ok"],
  kinds: ["str", "number", "bool"],
  version: 1,
  data: [
    ["b", 2, true],
    ["a", 10, false],
  ],
};

async function start(props: Partial<DataframeProps> = {}, listens: string[] = []): Promise<void> {
  table.component = 7;
  table.listens = new Set(listens);
  table.props = {
    ...{ label: "Table", info: null, show_label: true, container: true, interactive: true, visible: true },
    ...{ elem_id: null, elem_classes: [], scale: null, min_width: 160, value: VALUE, rows: [null, null] },
    ...{ columns: [null, null], datatype: "auto", max_height: 300, wrap: false, widths: [], buttons: ["copy"] },
    ...{ row_numbers: false, max_chars: null, search: "none", pinned: 0, static: [] },
    ...props,
  } as DataframeProps;
  document.body.append(table);
  await table.updateComplete;
}

const texts = (column: number): string[] =>
  [...table.querySelectorAll(`.ms-td[data-column="${column}"]`)].map((cell) => cell.textContent?.trim() ?? "");

async function press(key: string, options: KeyboardEventInit = {}): Promise<void> {
  const target = table.querySelector(".ms-cell-field") ?? table.grid;
  target?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...options }));
  await table.updateComplete;
}

async function edit(row: number, column: number, text: string): Promise<void> {
  table.select({ row, column });
  await press("F2");
  (table.querySelector(".ms-cell-field") as HTMLInputElement).value = text;
  await press("Enter");
}

const wires = (): unknown[] =>
  said.filter(([name]) => name === EDIT).map(([, detail]) => (detail as { wire: unknown }).wire);
const fired = (event: string): unknown[] =>
  said.flatMap(([name, detail]) =>
    name === FIRE && (detail as { event: string }).event === event ? [(detail as { data: unknown }).data] : [],
  );

beforeEach(() => {
  table = new Dataframe();
  said = [];
  endings = [EDIT, FIRE].map((name) => listen(document, name as typeof EDIT, (detail) => said.push([name, detail])));
});

afterEach(() => {
  table.remove();
  for (const end of endings) end();
});

test("it is a grid that says how large it is", async () => {
  await start({ row_numbers: true });
  const grid = table.grid as HTMLElement;
  expect([grid.getAttribute("aria-rowcount"), grid.getAttribute("aria-colcount")]).toEqual(["3", "4"]);
  expect([texts(0), texts(1)]).toEqual([
    ["b", "a"],
    ["2", "10"],
  ]);
});

test("a header sorts, and the value stays as it is", async () => {
  await start();
  for (const expected of [
    ["a", "b"],
    ["b", "a"],
    ["b", "a"],
  ]) {
    table.querySelector(".ms-th")?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    await table.updateComplete;
    expect(texts(0)).toEqual(expected);
  }
  expect(said).toEqual([]);
});

test("an edit is told as a whole table, and as the cell that it was", async () => {
  await start({}, ["edit"]);
  await edit(0, 1, "3,5");
  expect(wires()).toEqual([
    {
      headers: VALUE.headers,
      data: [
        ["b", 3.5, true],
        ["a", 10, false],
      ],
      version: expect.any(Number),
    },
  ]);
  expect(fired("edit")).toEqual([{ index: [0, 1], value: 3.5, previous_value: 2 }]);
  expect(fired("input")).toHaveLength(1);
  expect(table.selection.active).toEqual({ row: 1, column: 1 });
});

test("an edit of a sorted table is told by the number of its row in the value", async () => {
  await start();
  table.sort(0, false);
  await table.updateComplete;
  await edit(0, 1, "7");
  expect(fired("edit")).toEqual([{ index: [1, 1], value: 7, previous_value: 10 }]);
  expect(texts(0)).toEqual(["a", "b"]);
});

test("what is declared is checked, and Escape gives up", async () => {
  await start({ datatype: ["str", "number", "bool"] });
  await edit(0, 1, "x");
  expect(table.querySelector(".ms-cell-field")?.getAttribute("aria-invalid")).toBe("true");
  await press("Escape");
  expect([table.querySelector(".ms-cell-field"), texts(1), said]).toEqual([null, ["2", "10"], []]);
});

test("nothing is edited where nothing may be", async () => {
  await start({ interactive: false });
  table.select({ row: 0, column: 0 });
  for (const key of ["F2", "x", "Delete", "Enter"]) await press(key);
  table.editing.paste("x");
  expect([table.querySelector(".ms-cell-field"), said]).toEqual([null, []]);
  await start({ static: [0], columns: null });
  await press("F2");
  expect(table.querySelector(".ms-cell-field")).toBeNull();
});

test("pasted cells go where they fit, and rows are added within the limit", async () => {
  await start({ rows: [null, 3], datatype: ["str", "number", "bool"] });
  table.select({ row: 1, column: 0 });
  table.editing.paste("x\t1\tyes\ny\ttwo\tno\nz\t3\tno");
  expect((wires()[0] as { data: unknown }).data).toEqual([
    ["b", 2, true],
    ["x", 1, true],
    ["y", null, false],
  ]);
  await table.updateComplete;
  expect(table.textContent).toContain("1 of the pasted cells does not fit its column.");
});

test("rows and columns come and go", async () => {
  await start();
  table.select({ row: 0, column: 0 });
  table.editing.deleteRows();
  table.editing.addRow(1);
  table.editing.changeColumns(2, true);
  expect((wires().at(-1) as TableValue).data).toEqual([
    ["a", 10],
    ["", null],
  ]);
  expect(table.props.value?.headers).toEqual(["name", "age"]);
});

test("an empty table offers a row to fill", async () => {
  await start({ value: { ...VALUE, data: [] } });
  expect(table.querySelectorAll(".ms-tbody .ms-tr")).toHaveLength(1);
  await edit(0, 0, "first");
  expect((wires()[0] as TableValue).data).toEqual([["first", null, null]]);
  await start({ value: { ...VALUE, data: [] }, interactive: false });
  expect(table.textContent).toContain("No rows yet.");
});

test("a selection tells the cell, its row and its column", async () => {
  await start({ interactive: false }, ["select"]);
  table.select({ row: 1, column: 1 });
  expect(fired("select")).toEqual([
    { index: [1, 1], value: 10, row_value: ["a", 10, false], col_value: [2, 10], selected: true },
  ]);
});

test("only rows in view are drawn", async () => {
  const data = Array.from({ length: 100_000 }, (_, at) => [`row ${at}`, at, true]);
  await start({ value: { ...VALUE, data } });
  expect(table.querySelectorAll(".ms-tbody .ms-tr").length).toBeLessThan(60);
});

test("rows that are appended leave those that are there alone", async () => {
  await start({ interactive: false });
  const first = table.querySelector(".ms-tbody .ms-tr");
  table.props = { ...table.props, value: { ...VALUE, data: [...VALUE.data, ["c", 3, true]] } };
  await table.updateComplete;
  expect(table.querySelector(".ms-tbody .ms-tr")).toBe(first);
  expect(texts(0)).toEqual(["b", "a", "c"]);
});

test("texts and colours in place of cells are shown", async () => {
  const looks = { display: [["B!"]], palette: [{ color: "red" }], styles: [[-1, 0, -1]] };
  await start({ interactive: false, value: { ...VALUE, looks } });
  expect(texts(0)).toEqual(["B!", "a"]);
  expect((table.querySelector('.ms-td[data-column="1"]') as HTMLElement).style.color).toBe("red");
});
