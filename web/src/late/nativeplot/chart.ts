/** A plot on a canvas that follows its properties, its size and the colours of the page; drawn at most once a frame. */
import { valueAt, xAxis, yAxis } from "./axis.ts";
import { readHues, shade } from "./hues.ts";
import { areaOf, barOf, colorsOf, countX, countY, type Picture, paint, xAt, yAt } from "./painting.ts";
import { colorOf, type PlotOptions, type PlotPoints, read, UnfitPlot } from "./points.ts";
import { type ChartView, linesOf, viewOf } from "./words.ts";

/** A point that is pointed at: where it is drawn, and what a tooltip says of it. */
export interface Hit {
  left: number;
  top: number;
  color: string;
  lines: readonly (readonly [name: string, value: string])[];
  series: number;
  index: number;
}

/** A stretch of the x axis: of numbers, seconds since 1970, or the places of names. */
export type AxisStretch = [from: number, to: number];

const NEAR_PX = 40;

export class Chart {
  readonly canvas = document.createElement("canvas");
  private readonly host: HTMLElement;
  private readonly report: (view: ChartView) => void;
  private options: PlotOptions | null = null;
  private picture: Picture | null = null;
  private known = "";
  private frame = 0;
  private isStale = true;
  private endings: (() => void)[] = [];

  /** `host` is in the page; `report` is called when what is said beside the canvas changes. */
  constructor(host: HTMLElement, report: (view: ChartView) => void) {
    this.host = host;
    this.report = report;
    this.canvas.className = "ms-plot-canvas";
    host.prepend(this.canvas);
    const resized = new ResizeObserver(() => this.plan());
    resized.observe(host);
    const recolored = new MutationObserver(() => this.plan());
    recolored.observe(document.documentElement, { attributes: true });
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const changed = (): void => this.plan();
    scheme.addEventListener("change", changed);
    this.endings = [
      () => resized.disconnect(),
      () => recolored.disconnect(),
      () => scheme.removeEventListener("change", changed),
    ];
  }

  update(options: PlotOptions): void {
    this.options = { ...options, color: colorOf(options) };
    this.isStale = true;
    this.plan();
  }

  close(): void {
    cancelAnimationFrame(this.frame);
    for (const end of this.endings) end();
    this.canvas.remove();
  }

  private plan(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.frame = 0;
    const { width, height } = this.host.getBoundingClientRect();
    if (!this.options || width === 0 || height === 0) return;
    const ratio = devicePixelRatio || 1;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== across || this.canvas.height !== down)
      Object.assign(this.canvas, { width: across, height: down });
    const context = this.canvas.getContext("2d");
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const problem = this.prepare(context, this.options, width, height);
    context.clearRect(0, 0, width, height);
    if (this.picture) paint(context, this.picture, width, height);
    this.tell(problem);
  }

  /** Makes the picture anew; returns why it cannot be made, if it cannot. */
  private prepare(context: CanvasRenderingContext2D, options: PlotOptions, width: number, height: number): string {
    try {
      const points = !this.isStale && this.picture ? this.picture.points : read(options);
      this.isStale = false;
      this.picture = points && points.rows.length > 0 ? this.pictured(context, points, options, width, height) : null;
      return "";
    } catch (error) {
      if (!(error instanceof UnfitPlot)) throw error;
      this.picture = null;
      return error.message;
    }
  }

  private pictured(
    context: CanvasRenderingContext2D,
    points: PlotPoints,
    options: PlotOptions,
    width: number,
    height: number,
  ): Picture {
    const hues = readHues(this.host);
    const isCloud = options.mark !== "line" && points.bin === 0;
    const x = xAxis(points, options.x_lim, options.x_axis_format, isCloud, countX(width));
    const picture: Picture = {
      points,
      options,
      hues,
      x,
      y: yAxis(points, x, options.y_lim, options.y_axis_format, countY(height)),
      area: this.picture?.area ?? { left: 0, top: 0, width: 0, height: 0 },
      colors: colorsOf(points, options, hues),
      shades: shadesOf(points),
    };
    picture.area = areaOf(context, picture, width, height);
    return picture;
  }

  private tell(problem: string): void {
    const view = viewOf(this.picture, problem);
    const known = JSON.stringify(view);
    if (known === this.known) return;
    this.known = known;
    this.report(view);
  }

  /** The point that is nearest to a place on the canvas; null if none is near. */
  hit(left: number, top: number): Hit | null {
    const { picture } = this;
    if (!picture) return null;
    const { points, options } = picture;
    const isCloud = options.mark === "point";
    const [, bar] = options.mark === "bar" ? barOf(picture) : [0, 0];
    let [best, least] = [null as [number, number] | null, Number.POSITIVE_INFINITY];
    const look = (at: number, index: number): void => {
      const [x, y] = this.placeOf(picture, at, index);
      const far = isCloud ? Math.hypot(x - left, y - top) : Math.abs(x - left) + Math.abs(y - top) / 1000;
      const isInside = options.mark !== "bar" || this.isIn(picture, at, index, top);
      if (far < least && isInside) [best, least] = [[at, index], far];
    };
    for (const [at, { x }] of points.series.entries()) for (let index = 0; index < x.length; index++) look(at, index);
    const near = isCloud ? NEAR_PX / 2 : Math.max(NEAR_PX, bar);
    return best && least <= near ? this.described(picture, ...best) : null;
  }

  /** The next point of its series, or the same of the next series; the first one without a point before. */
  step(from: Hit | null, forward: number, across: number): Hit | null {
    const { picture } = this;
    const all = picture?.points.series ?? [];
    if (!picture || all.length === 0) return null;
    const series = ((from?.series ?? 0) + across + all.length) % all.length;
    const { length } = all[series]?.x ?? [];
    if (length === 0) return null;
    return this.described(picture, series, Math.min(Math.max((from?.index ?? -forward) + forward, 0), length - 1));
  }

  /** The stretch of the x axis between two places on the canvas. */
  stretch(from: number, to: number): AxisStretch | null {
    if (!this.picture) return null;
    const { x, area } = this.picture;
    const ends = [Math.min(from, to), Math.max(from, to)].map((left) =>
      valueAt(x, Math.min(1, Math.max(0, (left - area.left) / area.width))),
    ) as AxisStretch;
    if (x.kind === "temporal") return [ends[0] / 1000, ends[1] / 1000];
    return x.kind === "nominal" ? [Math.ceil(ends[0]), Math.floor(ends[1])] : ends;
  }

  /** The room that the points have, in pixels of the canvas. */
  get area(): { left: number; top: number; width: number; height: number } | null {
    return this.picture?.area ?? null;
  }

  /** The background that an image of the plot needs. */
  get hues(): { surface: string; text: string; font: string } {
    return this.picture?.hues ?? readHues(this.host);
  }

  private isIn(picture: Picture, at: number, index: number, top: number): boolean {
    const series = picture.points.series[at];
    const ends = [yAt(picture, series?.base?.[index] ?? 0), yAt(picture, series?.y[index] as number)];
    return picture.points.series.length === 1 || (top >= Math.min(...ends) && top <= Math.max(...ends));
  }

  private placeOf(picture: Picture, at: number, index: number): [number, number] {
    const series = picture.points.series[at];
    return [
      xAt(picture, (series?.x[index] as number) + picture.points.bin / 2),
      yAt(picture, series?.y[index] as number),
    ];
  }

  private described(picture: Picture, at: number, index: number): Hit {
    const series = picture.points.series[at];
    const [left, top] = this.placeOf(picture, at, index);
    const value = series?.shades?.[index];
    const [least, most] = picture.shades;
    const color =
      value === undefined ? (picture.colors[at] as string) : shade((value - least) / (most - least || 1), picture.hues);
    return { left, top, color, lines: linesOf(picture, at, index), series: at, index };
  }
}

/** The ends of the numbers by which points are shaded. */
function shadesOf({ series }: PlotPoints): [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { shades } of series) {
    for (const value of shades ?? []) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  return [least, most];
}
