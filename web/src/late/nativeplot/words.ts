/** A plot in words: its legend, its tooltips, and what it is for those who cannot see it. Pure. */

import { amount, language, plural, t } from "../../words.ts";
import { fullWriterOf } from "./axis.ts";
import { shade } from "./hues.ts";
import type { Picture } from "./painting.ts";
import { nameOf, type PointCell, type PointRow, type PointsHead } from "./points.ts";

export interface LegendEntry {
  name: string;
  color: string;
}

/** All that is said beside the canvas. */
export interface ChartView {
  legend: readonly LegendEntry[];
  /** The colours of a range of numbers, and the numbers at its ends; null if there is none. */
  range: { colors: readonly string[]; ends: readonly [string, string] } | null;
  note: string;
  problem: string;
  /** The plot in words. */
  summary: string;
  isEmpty: boolean;
}

const MOST_ENTRIES = 24;

/** The lines of a tooltip: y, x, the series, and the columns that the app asked for. */
export function linesOf(picture: Picture, at: number, index: number): [string, string][] {
  const { points, options, x, y } = picture;
  const series = points.series[at];
  const row = points.rows[series?.rows[index] ?? 0] ?? [];
  const height = (series?.y[index] as number) - (series?.base?.[index] ?? 0);
  const place = series?.x[index] as number;
  const lines: [string, string][] = [
    [options.y_title || options.y || "", fullWriterOf(y)(height)],
    [options.x_title || options.x || "", inBin(picture, place, fullWriterOf(x))],
  ];
  if (options.color !== null) {
    const value = row[points.head.columns.indexOf(options.color)] ?? null;
    lines.push([options.color_title || options.color, nameOf(value)]);
  }
  return [...lines, ...moreOf(picture, row)];
}

/** The further columns that the app asked for. */
function moreOf({ points: { head }, options }: Picture, row: PointRow): [string, string][] {
  const { tooltip, x, y, color } = options;
  const isWanted = (name: string): boolean =>
    ![x, y, color].includes(name) && (tooltip === "all" || (typeof tooltip !== "string" && tooltip.includes(name)));
  return head.columns.flatMap((name, at): [string, string][] =>
    isWanted(name) ? [[name, written(head, at, row[at] ?? null)]] : [],
  );
}

function written({ kinds, local }: PointsHead, column: number, cell: PointCell): string {
  if (typeof cell !== "number") return nameOf(cell);
  if (kinds[column] !== "temporal") return amount(cell);
  const isLocal = local[column] ?? false;
  return fullWriterOf({ kind: "temporal", low: 0, high: Number.MAX_VALUE, names: [], isLocal })(cell);
}

function inBin({ points: { bin } }: Picture, place: number, write: (value: number) => string): string {
  return bin > 0 ? `${write(place)} – ${write(place + bin)}` : write(place);
}

export function viewOf(picture: Picture | null, problem: string): ChartView {
  const empty = { legend: [], range: null, note: "", problem, summary: "", isEmpty: true };
  if (!picture) return empty;
  const { points, options, colors } = picture;
  const { every } = points.head;
  const wanted = options.colors_in_legend;
  const names = points.series.map(({ name }, at) => ({ name, color: colors[at] as string }));
  const legend = options.color === null || (points.series.length === 1 && points.isShaded) ? [] : names;
  return {
    legend: legend.filter(({ name }) => wanted === null || wanted.includes(name)).slice(0, MOST_ENTRIES),
    range: rangeOf(picture),
    note: every ? plural("Of every {count} points one is drawn.", "Of every {count} points one is drawn.", every) : "",
    problem,
    summary: summaryOf(picture),
    isEmpty: false,
  };
}

function rangeOf({ points, shades: [least, most], hues }: Picture): ChartView["range"] {
  if (points.series[0]?.shades == null || !(least <= most)) return null;
  const write = (value: number): string => value.toLocaleString(language(), { maximumSignificantDigits: 4 });
  return { colors: Array.from({ length: 9 }, (_, at) => shade(at / 8, hues)), ends: [write(least), write(most)] };
}

/** The plot in words; nothing in it changes with each point, or a screen reader would never be silent. */
function summaryOf({ points, options }: Picture): string {
  const axes = { y: options.y_title || options.y || "", x: options.x_title || options.x || "" };
  const plots = {
    line: t("Line plot of {y} by {x}", axes),
    bar: t("Bar plot of {y} by {x}", axes),
    point: t("Scatter plot of {y} by {x}", axes),
  };
  const names = points.series.map(({ name }) => name).filter(Boolean);
  const listed = names.slice(0, 5).join(", ");
  const series = `${listed}${names.length > 5 ? " …" : ""}`;
  const parts =
    names.length > 1
      ? `, ${plural("{count} series: {names}", "{count} series: {names}", names.length, { names: series })}`
      : "";
  return `${plots[options.mark]}${parts}`;
}
