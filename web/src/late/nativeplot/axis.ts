/** The two axes of a plot: where a value lies, at which values ticks stand, and how they are written. Pure. */
import { tickIncrement, ticks } from "d3-array";
import { format } from "d3-format";
import { timeTicks, utcTicks } from "d3-time";
import { timeFormat, utcFormat } from "d3-time-format";
import { language } from "../../words.ts";
import type { ColumnKind, PlotPoints } from "./points.ts";

export interface Axis {
  kind: ColumnKind;
  /** The values at its two ends; the names of a plot lie at 0, 1, 2 …, from -0.5. */
  low: number;
  high: number;
  names: readonly string[];
  /** True if times are those of a clock on the wall, or of the visitor's time zone. */
  isLocal: boolean;
  pattern: string | null;
  /** About how many ticks it has. */
  count: number;
}

const S = 1000;
const MINUTE = 60 * S;
const DAY = 24 * 60 * MINUTE;
const YEAR = 365 * DAY;

/** Where a value lies, from 0 to 1. */
export function shareOf(axis: Axis, value: number): number {
  return (value - axis.low) / (axis.high - axis.low);
}

/** The value at a place from 0 to 1. */
export function valueAt(axis: Axis, share: number): number {
  return axis.low + share * (axis.high - axis.low);
}

export function xAxis(
  points: PlotPoints,
  limits: readonly [number | null, number | null] | null,
  pattern: string | null,
  isCloud: boolean,
  count: number,
): Axis {
  const { xKind: kind, names, isLocal, bin } = points;
  if (kind === "nominal")
    return { kind, low: -0.5, high: Math.max(names.length, 1) - 0.5, names, isLocal, pattern, count };
  const [least, most] = extent(points.series.map(({ x }) => x));
  const scale = kind === "temporal" ? S : 1;
  const given = limits?.map((end) => (end === null ? null : end * scale)) ?? [];
  const spare = isCloud ? (most - least) * 0.03 : 0;
  return {
    ...bounded(given[0] ?? least - spare, given[1] ?? most + bin + spare),
    kind,
    names,
    isLocal,
    pattern,
    count,
  };
}

/** Its ends are round numbers, so that it stands still while points come; of the points only those along `x` count. */
export function yAxis(
  points: PlotPoints,
  x: Axis,
  limits: readonly [number | null, number | null] | null,
  pattern: string | null,
  count: number,
): Axis {
  const end = x.high + points.bin;
  const seen = (values: Float64Array, along: Float64Array): Float64Array =>
    values.filter((_, at) => (along[at] as number) >= x.low - points.bin && (along[at] as number) <= end);
  const bars = points.series.flatMap(({ base, x: along }) => (base ? [seen(base, along)] : []));
  const [least, most] = extent([...points.series.map((series) => seen(series.y, series.x)), ...bars]);
  const { low, high } = bounded(limits?.[0] ?? least, limits?.[1] ?? most);
  const [below, above] = round(low, high, count);
  return {
    kind: "quantitative",
    low: limits?.[0] ?? below,
    high: limits?.[1] ?? above,
    names: [],
    isLocal: false,
    pattern,
    count,
  };
}

function extent(lists: readonly Float64Array[]): [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const list of lists) {
    for (const value of list) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  return least <= most ? [least, most] : [0, 1];
}

/** An axis needs two different ends, in this order. */
function bounded(low: number, high: number): { low: number; high: number } {
  if (low < high) return { low, high };
  const spare = Math.abs(low) * 0.05 || 0.5;
  return { low: low - spare, high: Math.max(high, low) + spare };
}

/** Widens a range to multiples of the distance of its ticks, which may grow with it. */
function round(low: number, high: number, count: number): [number, number] {
  let [below, above, known] = [low, high, 0];
  for (let tries = 0; tries < 5; tries++) {
    const step = tickIncrement(below, above, count);
    if (step === known || step === 0 || !Number.isFinite(step)) break;
    const unit = step > 0 ? step : -1 / step;
    [below, above, known] = [Math.floor(low / unit + 1e-9) * unit, Math.ceil(high / unit - 1e-9) * unit, step];
  }
  return [below, above];
}

/** The values at which ticks stand. */
export function ticksOf(axis: Axis): number[] {
  const { kind, low, high, names, isLocal, count } = axis;
  if (kind === "nominal") return [...names.keys()];
  if (kind === "quantitative") return ticks(low, high, count);
  return (isLocal ? utcTicks : timeTicks)(new Date(low), new Date(high), count).map(Number);
}

/** Writes the values of ticks. */
export function writerOf(axis: Axis, at: readonly number[]): (value: number) => string {
  const { kind, names, pattern, isLocal } = axis;
  const step = at.length > 1 ? Math.abs((at[1] as number) - (at[0] as number)) : axis.high - axis.low;
  if (kind === "nominal") return (value) => names[value] ?? "";
  const written = pattern === null ? null : patterned(kind, pattern, isLocal);
  if (written) return written;
  return kind === "temporal"
    ? timeWriter(step, isLocal)
    : numberWriter(step, Math.max(Math.abs(axis.low), Math.abs(axis.high)));
}

/** Writes a value as a tooltip does: in full. */
export function fullWriterOf({
  kind,
  names,
  isLocal,
  low,
  high,
}: Omit<Axis, "pattern" | "count">): (value: number) => string {
  if (kind === "nominal") return (value) => names[value] ?? "";
  if (kind === "temporal") {
    const form = high - low < MINUTE ? "%Y-%m-%d %H:%M:%S.%L" : "%Y-%m-%d %H:%M:%S";
    const write = (isLocal ? utcFormat : timeFormat)(form);
    return (value) => write(new Date(value)).replace(/ 00:00:00$/, "");
  }
  return (value) => value.toLocaleString(language(), { maximumSignificantDigits: 6 });
}

/** The format that the app asked for; null if it is none. */
function patterned(kind: ColumnKind, pattern: string, isLocal: boolean): ((value: number) => string) | null {
  try {
    if (kind === "quantitative") return format(pattern);
    const write = (isLocal ? utcFormat : timeFormat)(pattern);
    return (value) => write(new Date(value));
  } catch {
    return null;
  }
}

function timeWriter(step: number, isLocal: boolean): (value: number) => string {
  const write = isLocal ? utcFormat : timeFormat;
  const [date, month, clock, year] = [write("%b %-d"), write("%b %Y"), write("%H:%M"), write("%Y")];
  const seconds = write(step < S ? "%H:%M:%S.%L" : "%H:%M:%S");
  if (step >= 0.9 * YEAR) return (value) => year(new Date(value));
  if (step >= 27 * DAY) return (value) => month(new Date(value));
  if (step >= 0.9 * DAY) return (value) => date(new Date(value));
  if (step < MINUTE) return (value) => seconds(new Date(value));
  return (value) => (clock(new Date(value)) === "00:00" ? date(new Date(value)) : clock(new Date(value)));
}

function numberWriter(step: number, largest: number): (value: number) => string {
  if (largest >= 1e6 || (largest < 1e-4 && largest > 0)) {
    const short = new Intl.NumberFormat(
      undefined,
      largest < 1 ? { notation: "scientific" } : { notation: "compact", maximumFractionDigits: 2 },
    );
    return (value) => short.format(value);
  }
  const digits = Math.min(20, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const plain = new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (value) => plain.format(value);
}
