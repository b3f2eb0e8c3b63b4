/** Draws marks on a canvas: with a halo, so that they are seen on any background, and text as text. */

import type { Mark, MaskRaster } from "./marks.ts";
import { MarkKind } from "./marks.ts";
import { colorOf, inkOn } from "./palette.ts";

export type Context2D = OffscreenCanvasRenderingContext2D;

/** Widths of lines and text, in pixels of the canvas. */
export interface Scale {
  line: number;
  text: number;
}

/** In pixels of the page. */
const LINE_PX = 2;
const TEXT_PX = 13;

/**
 * The scale for a canvas of a size, one pixel of which is shown as `shown` of the page: lines of 2 pixels and text of 13, on
 * a phone as on a large screen. If that is not known, 0: lines of 2 and text of 15 on 640 by 480. Pure.
 */
export function scaleOf(width: number, height: number, shown = 0): Scale {
  const side = Math.sqrt(width * height);
  if (shown === 0) return { line: Math.max(1.5, side / 277), text: Math.max(11, side / 36) };
  return {
    line: Math.max(1, Math.min(LINE_PX / shown, side / 60)),
    text: Math.max(9, Math.min(TEXT_PX / shown, side / 12)),
  };
}

/** The upper left corner of a label: above the box, below its edge where there is no room, and always in the frame. Pure. */
export function labelSpot(
  [left, top]: readonly [number, number],
  [width, height]: readonly [number, number],
  [frameWidth, frameHeight]: readonly [number, number],
): [number, number] {
  const y = top - height >= 0 ? top - height : top;
  return [within(left, frameWidth - width), within(y, frameHeight - height)];
}

const within = (value: number, most: number): number => Math.max(0, Math.min(value, most));

/** "person 90%"; empty if there is nothing to say. Pure. */
export function captionOf({ label, score }: Pick<Mark, "label" | "score">): string {
  return [label, score === null ? null : `${Math.round(score * 100)}%`].filter((part) => part).join(" ");
}

/** Draws marks over what is on a canvas; dashed if they are carried on from an earlier frame. See `scaleOf`. */
export function drawMarks(context: Context2D, marks: readonly Mark[], isCarried: boolean, shown = 0): void {
  const { width, height } = context.canvas;
  const scale = scaleOf(width, height, shown);
  context.save();
  context.lineJoin = context.lineCap = "round";
  context.font = `600 ${scale.text}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  context.setLineDash(isCarried ? [scale.line * 4, scale.line * 3] : []);
  const drawn = marks.map((mark) => ({ mark, color: colorOf(mark), points: scaled(mark, width, height) }));
  for (const { mark, color, points } of drawn) DRAW[mark.kind]?.(context, mark, points, color, scale);
  context.setLineDash([]);
  for (const { mark, color, points } of drawn) drawCaption(context, mark, points, color, scale);
  context.restore();
}

type Points = readonly (readonly [number, number])[];
type Draw = (context: Context2D, mark: Mark, points: Points, color: string, scale: Scale) => void;

/** The points that are there, in pixels; those that are not stay NaN. */
function scaled({ points }: Mark, width: number, height: number): Points {
  return Array.from({ length: points.length / 2 }, (_, at) => [
    (points[at * 2] as number) * width,
    (points[at * 2 + 1] as number) * height,
  ]);
}

const isThere = ([x, y]: readonly [number, number]): boolean => !Number.isNaN(x) && !Number.isNaN(y);

const DRAW: Record<number, Draw> = {
  [MarkKind.BOX]: (context, _mark, points, color, scale) => {
    const [[left, top], [right, bottom]] = points as [[number, number], [number, number]];
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    stroke(context, color, scale);
  },
  [MarkKind.KEYPOINTS]: (context, { edges }, points, color, scale) => {
    context.beginPath();
    for (let at = 0; at + 1 < edges.length; at += 2) {
      const [from, to] = [points[edges[at] as number], points[edges[at + 1] as number]];
      if (!from || !to || !isThere(from) || !isThere(to)) continue;
      context.moveTo(...from);
      context.lineTo(...to);
    }
    stroke(context, color, scale);
    context.beginPath();
    for (const point of points.filter(isThere)) {
      context.moveTo(point[0] + scale.line * 1.5, point[1]);
      context.arc(...point, scale.line * 1.5, 0, 2 * Math.PI);
    }
    stroke(context, color, scale);
    context.fillStyle = color;
    context.fill();
  },
  [MarkKind.LINE]: (context, { isClosed }, points, color, scale) => {
    context.beginPath();
    for (const [at, point] of points.entries()) {
      if (at === 0) context.moveTo(...point);
      else context.lineTo(...point);
    }
    if (isClosed) {
      context.closePath();
      tint(context, color, () => context.fill());
    }
    stroke(context, color, scale);
  },
  [MarkKind.MASK]: (context, { mask }, points, color) => {
    if (!mask) return;
    const [[left, top], [right, bottom]] = points as [[number, number], [number, number]];
    tint(context, color, () => context.drawImage(layerOf(mask, color), left, top, right - left, bottom - top));
  },
};

/** Masks as they are painted, which is done once for each: those that are carried on are drawn many times. */
const layers = new WeakMap<MaskRaster, OffscreenCanvas>();

function layerOf(mask: MaskRaster, color: string): OffscreenCanvas {
  const known = layers.get(mask);
  if (known) return known;
  const layer = new OffscreenCanvas(mask.columns, mask.rows);
  const context = layer.getContext("2d") as Context2D;
  const image = context.createImageData(mask.columns, mask.rows);
  for (const [at, inside] of mask.pixels.entries()) image.data[at * 4 + 3] = inside * 255;
  context.putImageData(image, 0, 0);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = color;
  context.fillRect(0, 0, mask.columns, mask.rows);
  layers.set(mask, layer);
  return layer;
}

/** A stroke on a wider one of the opposite brightness. */
function stroke(context: Context2D, color: string, { line }: Scale): void {
  context.strokeStyle = inkOn(color) === "#000" ? "rgb(0 0 0 / 65%)" : "rgb(255 255 255 / 75%)";
  context.lineWidth = line * 2.6;
  context.stroke();
  context.strokeStyle = color;
  context.lineWidth = line;
  context.stroke();
}

function tint(context: Context2D, color: string, fill: () => void): void {
  context.globalAlpha = 0.4;
  context.fillStyle = color;
  fill();
  context.globalAlpha = 1;
}

/** The caption on a field of the mark's colour: of a mask and its box, which share a corner, the later covers the earlier. */
function drawCaption(context: Context2D, mark: Mark, points: Points, color: string, { text }: Scale): void {
  const caption = captionOf(mark);
  const seen = points.filter(isThere);
  if (!caption || seen.length === 0) return;
  const { width, height } = context.canvas;
  const size = [context.measureText(caption).width + text * 0.6, text * 1.35] as const;
  const corner = [Math.min(...seen.map(([x]) => x)), Math.min(...seen.map(([, y]) => y))] as const;
  const spot = mark.kind === MarkKind.TEXT ? ([corner[0], corner[1] + size[1] / 2] as const) : corner;
  const [x, y] = labelSpot(spot, size, [width, height]);
  context.fillStyle = color;
  context.fillRect(x, y, ...size);
  context.fillStyle = inkOn(color);
  context.fillText(caption, x + text * 0.3, y + size[1] / 2);
}
