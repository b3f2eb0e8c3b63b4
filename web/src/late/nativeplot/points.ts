/** The value of a plot as the server sends it: a head, which says what the columns are, and a row for each point. Pure. */

export type PointCell = number | string | null;
export type PointRow = readonly PointCell[];
export type ColumnKind = "quantitative" | "temporal" | "nominal";
export type PlotMark = "line" | "bar" | "point";
export type Aggregate = "sum" | "mean" | "median" | "min" | "max" | "count";

export interface PointsHead {
  columns: readonly string[];
  kinds: readonly ColumnKind[];
  /** Which of them are times of a clock on the wall. */
  local: readonly boolean[];
  /** Each nth point is one of these; left out if all are. */
  every?: number;
  /** The lowest and highest of so many points are these. */
  outline?: number;
  /** Rows of one bin, or one name, have become one. */
  grouped?: { bin: number; by: Aggregate };
  /** The column that was to divide the points into series, and is not in the table. */
  colorless?: string;
}

/** The properties of the component that say what is drawn, and how. */
export interface PlotOptions {
  value: readonly [PointsHead, ...PointRow[]] | readonly [];
  mark: PlotMark;
  x: string | null;
  y: string | null;
  color: string | null;
  x_title: string | null;
  y_title: string | null;
  color_title: string | null;
  x_bin: number | null;
  y_aggregate: Aggregate | null;
  color_map: { [name: string]: string };
  colors_in_legend: readonly string[] | null;
  /** Times are in seconds. */
  x_lim: readonly [number | null, number | null] | null;
  y_lim: readonly [number | null, number | null] | null;
  x_label_angle: number;
  y_label_angle: number;
  x_axis_format: string | null;
  y_axis_format: string | null;
  x_axis_labels_visible: boolean;
  sort: string | readonly string[] | null;
  tooltip: string | readonly string[];
}

/** Points that are drawn alike. `x` of a name is its place among the names. */
export interface PointSeries {
  name: string;
  x: Float64Array;
  y: Float64Array;
  /** Where each bar begins; null for what is no bar. */
  base: Float64Array | null;
  /** The row that each point comes from, or the first of them. */
  rows: Int32Array;
  /** The numbers by which points are shaded; null if the series has one colour. */
  shades: Float64Array | null;
}

export interface PlotPoints {
  head: PointsHead;
  rows: readonly PointRow[];
  xKind: ColumnKind;
  isLocal: boolean;
  /** The names along x, in their order; empty for numbers and times. */
  names: readonly string[];
  series: readonly PointSeries[];
  /** True if the series are numbers, whose colours are shades. */
  isShaded: boolean;
  /** The width of a bin, 0 without. */
  bin: number;
}

/** A plot that cannot be drawn; the message is for the page. */
export class UnfitPlot extends Error {}

/** The most different numbers that are series of their own; more are shades. */
const MOST_NUMBERS = 30;
/** Stands for a name that is missing. */
const NAMELESS = "–";

/** The column that divides the points into series; null without, and if the table has none of its name. */
export function colorOf({ color, value: [head] }: Pick<PlotOptions, "color" | "value">): string | null {
  return head?.colorless === color ? null : color;
}

/** Reads the points that are drawn; null if there are none to read. */
export function read(options: PlotOptions): PlotPoints | null {
  const [head, ...rows] = options.value as readonly [PointsHead | undefined, ...PointRow[]];
  if (!head) return null;
  const x = place(head, "x", options.x);
  const y = place(head, "y", options.y);
  const color = options.color === null ? -1 : place(head, "color", options.color);
  const xKind = head.kinds[x] as ColumnKind;
  checkGrouping(head, options, xKind);
  const bin = xKind === "nominal" ? 0 : (options.x_bin ?? 0);
  const names = xKind === "nominal" ? ordered(rows, x, y, options.sort) : [];
  const isShaded = color >= 0 && head.kinds[color] !== "nominal";
  const parts = divided(rows, color, isShaded, options.mark);
  const places = new Map(names.map((name, at) => [name, at]));
  const isGrouped = bin > 0 || (xKind === "nominal" && options.mark !== "point");
  const by = head.grouped ? "sum" : (options.y_aggregate ?? "sum");
  const at = (row: PointRow): number => {
    const cell = row[x] ?? null;
    if (xKind === "nominal") return places.get(nameOf(cell)) as number;
    return cell === null ? Number.NaN : bin > 0 ? Math.floor((cell as number) / bin) * bin : (cell as number);
  };
  const series = [...parts].map(([name, numbers]) => {
    const found = isGrouped ? grouped(rows, numbers, at, y, by) : listed(rows, numbers, at, y);
    if (options.mark !== "point") sort(found);
    const shades = isShaded && parts.size === 1 ? shadesOf(rows, found.rows, color) : null;
    return { name, ...found, base: null, shades } as PointSeries;
  });
  if (options.mark === "bar") stack(series);
  return { head, rows, xKind, isLocal: head.local[x] ?? false, names, series, isShaded, bin };
}

export function nameOf(cell: PointCell): string {
  return cell === null ? NAMELESS : String(cell);
}

function place({ columns }: PointsHead, role: string, name: string | null): number {
  const at = name === null ? -1 : columns.indexOf(name);
  if (at < 0)
    throw new UnfitPlot(`${role}="${name ?? ""}" is not among the columns that were sent. Return the table again.`);
  return at;
}

/** Rows that the server has brought together can be brought together in no other way. */
function checkGrouping({ grouped }: PointsHead, options: PlotOptions, xKind: ColumnKind): void {
  if (!grouped) return;
  const isSame =
    (xKind === "nominal" || grouped.bin === (options.x_bin ?? 0)) && grouped.by === (options.y_aggregate ?? "sum");
  if (!isSame) throw new UnfitPlot("Its rows were summed up before they were sent. Return the table again.");
}

/** The names along x in the order that the app asked for, or else in which they come. */
function ordered(rows: readonly PointRow[], x: number, y: number, order: PlotOptions["sort"]): string[] {
  const sums = new Map<string, number>();
  for (const row of rows) {
    const name = nameOf(row[x] ?? null);
    sums.set(name, (sums.get(name) ?? 0) + (typeof row[y] === "number" ? (row[y] as number) : 0));
  }
  const names = [...sums.keys()];
  if (order === null) return names;
  if (typeof order !== "string") {
    const wanted = new Map(order.map((name, at) => [name, at]));
    return names.sort((one, other) => (wanted.get(one) ?? names.length) - (wanted.get(other) ?? names.length));
  }
  const sign = order.startsWith("-") ? -1 : 1;
  if (order.endsWith("y")) return names.sort((one, other) => sign * ((sums.get(one) ?? 0) - (sums.get(other) ?? 0)));
  return names.sort((one, other) => sign * one.localeCompare(other, undefined, { numeric: true }));
}

/** The numbers of the rows of each series, by its name. */
function divided(rows: readonly PointRow[], color: number, isShaded: boolean, mark: PlotMark): Map<string, number[]> {
  const parts = new Map<string, number[]>();
  if (color >= 0 && !(isShaded && mark === "point")) {
    for (const [number, row] of rows.entries()) {
      const name = nameOf(row[color] ?? null);
      const numbers = parts.get(name);
      if (numbers) numbers.push(number);
      else parts.set(name, [number]);
    }
    if (!isShaded) return parts;
    const sorted = [...parts].sort(([one], [other]) => Number(one) - Number(other));
    if (parts.size <= MOST_NUMBERS) return new Map(sorted);
  }
  return new Map([["", [...rows.keys()]]]);
}

type Places = Pick<PointSeries, "x" | "y" | "rows">;
type Placed = (row: PointRow) => number;

function listed(rows: readonly PointRow[], numbers: readonly number[], at: Placed, y: number): Places {
  const found = {
    x: new Float64Array(numbers.length),
    y: new Float64Array(numbers.length),
    rows: Int32Array.from(numbers),
  };
  for (const [index, number] of numbers.entries()) {
    const row = rows[number] as PointRow;
    found.x[index] = at(row);
    found.y[index] = (row[y] as number | null) ?? Number.NaN;
  }
  return found;
}

function grouped(rows: readonly PointRow[], numbers: readonly number[], at: Placed, y: number, by: Aggregate): Places {
  const groups = new Map<number, { first: number; values: number[] }>();
  for (const number of numbers) {
    const row = rows[number] as PointRow;
    const x = at(row);
    const cell = by === "count" ? 1 : row[y];
    if (Number.isNaN(x) || typeof cell !== "number") continue;
    const group = groups.get(x);
    if (group) group.values.push(cell);
    else groups.set(x, { first: number, values: [cell] });
  }
  return {
    x: Float64Array.from(groups.keys()),
    y: Float64Array.from([...groups.values()].map(({ values }) => BY[by](values))),
    rows: Int32Array.from([...groups.values()].map(({ first }) => first)),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const BY: { [by in Aggregate]: (values: number[]) => number } = {
  sum,
  mean: (values) => sum(values) / values.length,
  median: (values) => {
    values.sort((one, other) => one - other);
    const middle = (values.length - 1) / 2;
    return ((values[Math.floor(middle)] as number) + (values[Math.ceil(middle)] as number)) / 2;
  },
  min: (values) => values.reduce((least, value) => Math.min(least, value)),
  max: (values) => values.reduce((most, value) => Math.max(most, value)),
  count: (values) => values.length,
};

/** Brings points into the order of x, those without one to the end. */
function sort(points: Places): void {
  const { x } = points;
  let isSorted = true;
  for (let at = 1; at < x.length && isSorted; at++) isSorted = (x[at - 1] as number) <= (x[at] as number);
  if (isSorted) return;
  const key = (at: number): number => (Number.isNaN(x[at] as number) ? Number.POSITIVE_INFINITY : (x[at] as number));
  const order = [...x.keys()].sort((one, other) => key(one) - key(other) || one - other);
  points.x = Float64Array.from(order, (at) => points.x[at] as number);
  points.y = Float64Array.from(order, (at) => points.y[at] as number);
  points.rows = Int32Array.from(order, (at) => points.rows[at] as number);
}

function shadesOf(rows: readonly PointRow[], numbers: Int32Array, color: number): Float64Array {
  return Float64Array.from(numbers, (number) => (rows[number]?.[color] as number | null) ?? Number.NaN);
}

/** Puts the bars of one x on each other, those below zero downwards; `y` is their end from then on. */
function stack(series: readonly PointSeries[]): void {
  const ends = new Map<number, [above: number, below: number]>();
  for (const part of series) {
    part.base = new Float64Array(part.x.length);
    for (const [at, x] of part.x.entries()) {
      const height = part.y[at] as number;
      if (Number.isNaN(height)) continue;
      const end = ends.get(x) ?? [0, 0];
      ends.set(x, end);
      const side = height < 0 ? 1 : 0;
      part.base[at] = end[side];
      end[side] += height;
      part.y[at] = end[side];
    }
  }
}
