/** Draws a plot on a canvas: the grid, the axes and the points. Sizes are in CSS pixels. */
import { type Axis, shareOf, ticksOf, writerOf } from "./axis.ts";
import { type Hues, hueOf, shade } from "./hues.ts";
import type { PlotOptions, PlotPoints, PointSeries } from "./points.ts";

export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Picture {
  points: PlotPoints;
  options: PlotOptions;
  x: Axis;
  y: Axis;
  area: Area;
  hues: Hues;
  colors: readonly string[];
  /** The ends of the numbers by which points are shaded. */
  shades: readonly [number, number];
}

const FONT_PX = 12;
const GAP = 8;
const MOST_LABEL_PX = 120;
/** Points that are as many as this are drawn smaller. */
const MANY = 1000;
/** The part of the room of a name that its bar fills. */
const BAR_SHARE = 0.8;
const WIDEST_BAR = 64;
const STEPS = 32;

const fontOf = ({ font }: Hues): string => `${FONT_PX}px ${font}`;

export function xAt({ x, area }: Picture, value: number): number {
  return area.left + shareOf(x, value) * area.width;
}

export function yAt({ y, area }: Picture, value: number): number {
  return area.top + (1 - shareOf(y, value)) * area.height;
}

/** The colours of the series, in their order. */
export function colorsOf(points: PlotPoints, options: PlotOptions, hues: Hues): string[] {
  const last = Math.max(1, points.series.length - 1);
  return points.series.map(({ name }, at) =>
    points.isShaded ? shade(at / last, hues) : hueOf(name, at, options.color_map, hues),
  );
}

/** The labels along an axis with their widths. */
interface Labels {
  at: number[];
  texts: string[];
  widest: number;
}

function labelsOf(context: CanvasRenderingContext2D, axis: Axis): Labels {
  const at = ticksOf(axis);
  const write = writerOf(axis, at);
  const texts = at.map((value) => fitted(context, write(value)));
  return { at, texts, widest: texts.reduce((most, text) => Math.max(most, context.measureText(text).width), 0) };
}

/** Shortens a text that would take too much of the plot. */
function fitted(context: CanvasRenderingContext2D, text: string): string {
  if (context.measureText(text).width <= MOST_LABEL_PX) return text;
  let length = text.length;
  while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > MOST_LABEL_PX) length--;
  return `${text.slice(0, length)}…`;
}

/** The ticks that have room along the two sides of a canvas. */
export const countX = (width: number): number => Math.max(3, Math.floor(width / 100));
export const countY = (height: number): number => Math.max(2, Math.floor(height / 60));

/** The angle of the labels along x, in radians: that of the app, or one at which they fit. */
function turnOf({ options, x }: Picture, { at, widest }: Labels, width: number): number {
  if (options.x_label_angle !== 0) return (options.x_label_angle * Math.PI) / 180;
  const room = width / Math.max(1, at.length);
  return x.kind === "nominal" && widest + GAP > room && room > FONT_PX + 4 ? -Math.PI / 5 : 0;
}

/** Finds the room that the points have beside the labels; `before` is kept to if it is about right. */
export function areaOf(context: CanvasRenderingContext2D, picture: Picture, width: number, height: number): Area {
  const { options, x, y, area: before } = picture;
  context.font = fontOf(picture.hues);
  const top = options.y_title === "" ? GAP : FONT_PX + 2 * GAP;
  const side = labelsOf(context, y).widest + 2 * GAP;
  const left = side > before.left || side < before.left - 24 ? Math.ceil(side / 8) * 8 : before.left;
  const right = 2 * GAP;
  const along = labelsOf(context, x);
  const turn = turnOf(picture, along, width - left - right);
  const tall = Math.abs(Math.sin(turn)) * along.widest + Math.abs(Math.cos(turn)) * FONT_PX;
  const labels = options.x_axis_labels_visible ? Math.ceil(tall) + GAP : 0;
  const title = options.x_title === "" ? 0 : FONT_PX + GAP;
  return {
    left,
    top,
    width: Math.max(20, width - left - right),
    height: Math.max(20, height - top - labels - title - GAP),
  };
}

export function paint(context: CanvasRenderingContext2D, picture: Picture, width: number, height: number): void {
  const { area, options, hues } = picture;
  context.font = fontOf(hues);
  drawY(context, picture);
  drawX(context, picture, height);
  context.fillStyle = hues.muted;
  context.textBaseline = "top";
  context.textAlign = "left";
  context.fillText(fittedTo(context, options.y_title || options.y || "", width - GAP), GAP / 2, GAP / 2);
  context.save();
  context.beginPath();
  context.rect(area.left - 1, area.top - 1, area.width + 2, area.height + 2);
  context.clip();
  for (const [at, series] of picture.points.series.entries()) PAINTERS[options.mark](context, picture, series, at);
  context.restore();
}

function fittedTo(context: CanvasRenderingContext2D, text: string, width: number): string {
  let length = text.length;
  while (length > 1 && context.measureText(text.slice(0, length)).width > width) length--;
  return length < text.length ? `${text.slice(0, length - 1)}…` : text;
}

function drawY(context: CanvasRenderingContext2D, picture: Picture): void {
  const { y, area, hues, options } = picture;
  const { at, texts } = labelsOf(context, y);
  context.strokeStyle = hues.grid;
  context.fillStyle = hues.muted;
  context.lineWidth = 1;
  context.beginPath();
  for (const [index, value] of at.entries()) {
    const place = Math.round(yAt(picture, value)) + 0.5;
    context.moveTo(area.left, place);
    context.lineTo(area.left + area.width, place);
    write(context, texts[index] as string, area.left - GAP, place, (options.y_label_angle * Math.PI) / 180, "right");
  }
  context.stroke();
}

function drawX(context: CanvasRenderingContext2D, picture: Picture, height: number): void {
  const { x, area, hues, options } = picture;
  context.textAlign = "center";
  context.textBaseline = "bottom";
  const title = fittedTo(context, options.x_title || options.x || "", area.width);
  context.fillStyle = hues.muted;
  context.fillText(title, area.left + area.width / 2, height - GAP / 2);
  if (!options.x_axis_labels_visible) return;
  const labels = labelsOf(context, x);
  const turn = turnOf(picture, labels, area.width);
  const room = turn === 0 ? labels.widest + GAP : FONT_PX + 4;
  const every = Math.max(1, Math.ceil((room * labels.at.length) / area.width));
  const step = x.kind === "nominal" ? every : 1;
  for (let index = 0; index < labels.at.length; index += step) {
    const place = xAt(picture, labels.at[index] as number);
    const side = turn < 0 ? "right" : turn > 0 ? "left" : "center";
    const text = labels.texts[index] as string;
    const half = context.measureText(text).width / 2;
    const inside = turn === 0 ? Math.min(Math.max(place, half), area.left + area.width + 2 * GAP - half) : place;
    write(context, text, inside, area.top + area.height + GAP + FONT_PX / 2, turn, side);
  }
}

function write(
  context: CanvasRenderingContext2D,
  text: string,
  left: number,
  top: number,
  turn: number,
  side: CanvasTextAlign,
): void {
  context.save();
  context.translate(left, top);
  context.rotate(turn);
  context.textAlign = side;
  context.textBaseline = "middle";
  context.fillText(text, 0, 0);
  context.restore();
}

type Painter = (context: CanvasRenderingContext2D, picture: Picture, series: PointSeries, at: number) => void;

const PAINTERS: { [mark in PlotOptions["mark"]]: Painter } = { line: drawLine, bar: drawBars, point: drawCloud };

function drawLine(context: CanvasRenderingContext2D, picture: Picture, series: PointSeries, at: number): void {
  const middle = picture.points.bin / 2;
  let isOn = false;
  context.strokeStyle = context.fillStyle = picture.colors[at] as string;
  context.lineWidth = 2;
  context.lineJoin = "round";
  context.beginPath();
  for (let index = 0; index < series.x.length; index++) {
    const [x, y] = [series.x[index] as number, series.y[index] as number];
    if (Number.isNaN(x) || Number.isNaN(y)) {
      isOn = false;
      continue;
    }
    const [left, top] = [xAt(picture, x + middle), yAt(picture, y)];
    if (isOn) context.lineTo(left, top);
    else context.moveTo(left, top);
    if (!isOn && Number.isNaN(series.y[index + 1] ?? Number.NaN)) context.arc(left, top, 2, 0, 2 * Math.PI);
    isOn = true;
  }
  context.stroke();
}

/** The left end and the width of the bars of a plot, from the place of their x. */
export function barOf(picture: Picture): [from: number, width: number] {
  const { points, x, area } = picture;
  const unit = area.width / (x.high - x.low);
  if (points.bin > 0) return [0.5, Math.max(1, points.bin * unit - 1)];
  let gap = x.kind === "nominal" ? 1 : Number.POSITIVE_INFINITY;
  if (x.kind !== "nominal") {
    const all = [...new Set(points.series.flatMap((series) => [...series.x]))].sort((one, other) => one - other);
    for (let at = 1; at < all.length; at++) gap = Math.min(gap, (all[at] as number) - (all[at - 1] as number));
  }
  const width = Math.min(WIDEST_BAR, Math.max(1, gap * unit * BAR_SHARE));
  return [-width / 2, width];
}

function drawBars(context: CanvasRenderingContext2D, picture: Picture, series: PointSeries, at: number): void {
  const [from, width] = barOf(picture);
  for (let index = 0; index < series.x.length; index++) {
    const [x, y] = [series.x[index] as number, series.y[index] as number];
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    const shadeOf = series.shades?.[index];
    context.fillStyle = shadeOf === undefined ? (picture.colors[at] as string) : shaded(picture, shadeOf);
    const [low, high] = [yAt(picture, series.base?.[index] ?? 0), yAt(picture, y)];
    const gap = Math.abs(low - high) > 3 && (series.base?.[index] ?? 0) !== 0 ? 1 : 0; // parts of one bar stay apart
    context.fillRect(xAt(picture, x) + from, Math.min(low, high), width, Math.max(0, Math.abs(low - high) - gap));
  }
}

function shaded({ shades: [least, most], hues }: Picture, value: number): string {
  return shade(most > least ? (value - least) / (most - least) : 0.5, hues);
}

function drawCloud(context: CanvasRenderingContext2D, picture: Picture, series: PointSeries, at: number): void {
  const radius = picture.points.rows.length > MANY ? 2 : 3.5;
  const middle = picture.points.bin / 2;
  const [least, most] = picture.shades;
  context.globalAlpha = 0.8;
  // One path for each colour: a call for each point would take ten times as long.
  const paths = new Map<string, Path2D>();
  for (let index = 0; index < series.x.length; index++) {
    const [left, top] = [xAt(picture, (series.x[index] as number) + middle), yAt(picture, series.y[index] as number)];
    if (Number.isNaN(left) || Number.isNaN(top)) continue;
    const value = series.shades?.[index];
    const share =
      value === undefined || !(most > least) ? 0.5 : Math.round(((value - least) / (most - least)) * STEPS) / STEPS;
    const color = value === undefined ? (picture.colors[at] as string) : shade(share, picture.hues);
    const path = paths.get(color) ?? new Path2D();
    paths.set(color, path);
    path.moveTo(left + radius, top);
    path.arc(left, top, radius, 0, 2 * Math.PI);
  }
  for (const [color, path] of paths) {
    context.fillStyle = color;
    context.fill(path);
  }
  context.globalAlpha = 1;
}
