// @vitest-environment happy-dom
import { beforeEach, expect, it } from "vitest";
import { FIRE, type FireDetail, listen } from "../../src/constants.ts";
import { type Axis, fullWriterOf, ticksOf, writerOf, xAxis, yAxis } from "../../src/late/nativeplot/axis.ts";
import { colorOf, type PlotOptions, read, UnfitPlot } from "../../src/late/nativeplot/points.ts";
import { NativePlot } from "../../src/late/nativeplot.ts";

const HEAD = {
  columns: ["x", "y", "c"],
  kinds: ["quantitative", "quantitative", "nominal"],
  local: [false, false, false],
};
const OPTIONS = {
  ...{ mark: "line", x: "x", y: "y", color: "c", x_title: null, y_title: null, color_title: null, x_bin: null },
  ...{ y_aggregate: null, color_map: {}, colors_in_legend: null, x_lim: null, y_lim: null, x_label_angle: 0 },
  ...{ y_label_angle: 0, x_axis_format: null, y_axis_format: null, x_axis_labels_visible: true, sort: null },
  tooltip: "axis",
} as unknown as PlotOptions;

function points(rows: unknown[][], options: Partial<PlotOptions> = {}, head: object = {}): ReturnType<typeof read> {
  return read({ ...OPTIONS, value: [{ ...HEAD, ...head }, ...rows] as unknown as PlotOptions["value"], ...options });
}

const listed = (found: ReturnType<typeof read>): unknown[] =>
  (found?.series ?? []).map(({ name, x, y }) => [name, [...x], [...y]]);

const NAMES = { kinds: ["nominal", "quantitative", "nominal"] };

it("divides points into series, each in the order of x", () => {
  const rows = [
    [2, 20, "a"],
    [1, 10, "a"],
    [1, 5, "b"],
    [null, 1, "a"],
  ];
  expect(listed(points(rows))).toEqual([
    ["a", [1, 2, Number.NaN], [10, 20, 1]],
    ["b", [1], [5]],
  ]);
  expect(points([])?.series).toEqual([]);
  expect(read({ ...OPTIONS, value: [] })).toBeNull();
});

it("has points of one colour if its table has no column of that name", () => {
  const value = [{ ...HEAD, colorless: "gone" }, [1, 2, "a"]] as unknown as PlotOptions["value"];
  expect(colorOf({ value, color: "gone" })).toBeNull();
  expect(colorOf({ value, color: "c" })).toBe("c");
  expect(colorOf({ value: [], color: "c" })).toBe("c");
});

it("brings together what lies in one bin, or has one name", () => {
  const rows = [
    [1, 10, "a"],
    [4, 20, "a"],
    [6, 5, "a"],
    [7, null, "a"],
  ];
  expect(listed(points(rows, { x_bin: 5 }))).toEqual([["a", [0, 5], [30, 5]]]);
  expect(listed(points(rows, { x_bin: 5, y_aggregate: "mean" }))).toEqual([["a", [0, 5], [15, 5]]]);
  const named = [
    ["u", 1, "a"],
    ["v", 5, "a"],
    ["u", 3, "a"],
  ];
  for (const [by, values] of [
    ["max", [3, 5]],
    ["min", [1, 5]],
    ["median", [2, 5]],
    ["count", [2, 1]],
  ] as const) {
    expect(listed(points(named, { mark: "bar", y_aggregate: by }, NAMES))).toEqual([["a", [0, 1], [...values]]]);
  }
  expect(listed(points(named, { mark: "point" }, NAMES))).toEqual([["a", [0, 1, 0], [1, 5, 3]]]);
});

it("orders names as the app says", () => {
  const rows = [
    ["b10", 1, "a"],
    ["b9", 9, "a"],
    ["a", 5, "a"],
  ];
  const names = (sort: PlotOptions["sort"]) => points(rows, { mark: "bar", sort }, NAMES)?.names;
  expect(names(null)).toEqual(["b10", "b9", "a"]);
  expect(names("x")).toEqual(["a", "b9", "b10"]);
  expect(names("-y")).toEqual(["b9", "a", "b10"]);
  expect(names(["a", "b10"])).toEqual(["a", "b10", "b9"]);
});

it("puts bars on each other, those below zero downwards", () => {
  const found = points(
    [
      [1, 3, "a"],
      [1, 4, "b"],
      [1, -2, "c"],
      [1, -1, "d"],
    ],
    { mark: "bar" },
  );
  expect(found?.series.map(({ base, y }) => [base?.[0], y[0]])).toEqual([
    [0, 3],
    [3, 7],
    [0, -2],
    [-2, -3],
  ]);
});

it("shades points by a column of numbers", () => {
  const numbers = { kinds: ["quantitative", "quantitative", "quantitative"] };
  const cloud = points(
    [
      [1, 1, 5],
      [2, 2, null],
    ],
    { mark: "point" },
    numbers,
  );
  expect([...(cloud?.series[0]?.shades ?? [])]).toEqual([5, Number.NaN]);
  expect(
    listed(
      points(
        [
          [1, 1, 7],
          [2, 2, 6],
        ],
        {},
        numbers,
      ),
    ).map((series) => (series as unknown[])[0]),
  ).toEqual(["6", "7"]);
});

it("says what cannot be drawn", () => {
  expect(() => points([[1, 2, "a"]], { y: "<b>" })).toThrow(UnfitPlot);
  const grouped = { grouped: { bin: 5, by: "mean" } };
  expect(() => points([[1, 2, "a"]], { x_bin: 10, y_aggregate: "mean" }, grouped)).toThrow("Return the table again");
  expect(listed(points([[5, 2, "a"]], { x_bin: 5, y_aggregate: "mean" }, grouped))).toEqual([["a", [5], [2]]]);
});

it("gives an axis round ends, and keeps to those of the app", () => {
  const found = points([
    [1, 3, "a"],
    [9, 97, "a"],
  ]);
  if (!found) throw new Error("no points");
  const x = xAxis(found, null, null, false, 5);
  expect([x.low, x.high]).toEqual([1, 9]);
  const y = yAxis(found, x, null, null, 5);
  expect([y.low, y.high, ticksOf(y)]).toEqual([0, 100, [0, 20, 40, 60, 80, 100]]);
  const near = xAxis(found, [null, 2], null, false, 5);
  expect([near.low, near.high, yAxis(found, near, [0, null], null, 5).high]).toEqual([1, 2, 3]);
  const lonely = points([[4, 4, "a"]]);
  if (lonely) expect(xAxis(lonely, null, null, false, 5).low).toBeLessThan(4);
});

it("writes numbers, times and names", () => {
  const axis = (given: Partial<Axis>): Axis =>
    ({ kind: "quantitative", low: 0, high: 1, names: [], isLocal: true, pattern: null, count: 5, ...given }) as Axis;
  const written = (given: Partial<Axis>): string[] =>
    ticksOf(axis(given)).map(writerOf(axis(given), ticksOf(axis(given))));
  expect(written({ high: 0.2 })).toEqual(["0.00", "0.05", "0.10", "0.15", "0.20"]);
  expect(written({ high: 2e6 }).at(-1)).toBe("2M");
  expect(written({ pattern: ".0%" })[1]).toBe("20%");
  expect(written({ pattern: "nonsense" })[1]).toBe("0.2");
  const day = { kind: "temporal", low: Date.UTC(2024, 0, 1), high: Date.UTC(2024, 0, 2) } as const;
  expect(written(day).slice(0, 2)).toEqual(["Jan 1", "06:00"]);
  expect(written({ ...day, pattern: "%H h" })[1]).toBe("06 h");
  expect(fullWriterOf(axis(day))(Date.UTC(2024, 0, 1, 6))).toBe("2024-01-01 06:00:00");
  expect(written({ kind: "nominal", names: ["<i>", "b"] })).toEqual(["<i>", "b"]);
});

let element: NativePlot;
const fired: FireDetail[] = [];

beforeEach(() => {
  element = new NativePlot();
  element.component = 7;
  element.props = {
    ...{ label: "Plot", info: null, show_label: true, container: true, interactive: false, visible: true, value: null },
    ...OPTIONS,
    ...{ title: "<img src=x>", caption: "<b>bold</b>", height: 200, buttons: ["export"] },
  } as unknown as NativePlot["props"];
  fired.length = 0;
  document.body.replaceChildren(element);
  listen(element, FIRE, (detail) => fired.push(detail));
});

it("shows titles and captions as text, and has no button while there is nothing", async () => {
  await element.updateComplete;
  expect(element.querySelector(".ms-plot-title")?.textContent).toBe("<img src=x>");
  expect(element.querySelector("figcaption")?.textContent).toBe("<b>bold</b>");
  expect(element.querySelector("img, b, .ms-plot-tools")).toBeNull();
  expect(element.querySelector<HTMLElement>(".ms-plot-field")?.style.height).toBe("200px");
});

it("fires a double click, by pointer and by Escape", async () => {
  await element.updateComplete;
  const field = element.querySelector(".ms-plot-field") as HTMLElement;
  field.dispatchEvent(new MouseEvent("dblclick"));
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  expect(fired.map(({ event }) => event)).toEqual(["double_click", "double_click"]);
});
