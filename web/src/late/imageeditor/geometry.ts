/** Points and frames of a drawing, in its own pixels, and where they are in the window. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Width and height of a drawing in pixels. */
export interface DrawingSize {
  readonly width: number;
  readonly height: number;
}

/** A rectangle of the window in CSS pixels: what `getBoundingClientRect` gives. */
export interface WindowBox extends DrawingSize {
  readonly left: number;
  readonly top: number;
}

/** Left, top, width and height of a part of a drawing. */
export type CropFrame = readonly [left: number, top: number, width: number, height: number];

/** Where a pointer took hold of a frame: at a corner, inside of it, or beside it, where a new one begins. */
export type Grip = "nw" | "ne" | "sw" | "se" | "inside" | "beside";

export const CORNERS = ["nw", "ne", "sw", "se"] as const;

const ARROWS: { readonly [key: string]: readonly [x: number, y: number] } = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export const within = (least: number, value: number, most: number): number => Math.max(least, Math.min(most, value));

/** The direction of an arrow key; null for other keys. */
export function directionOf(key: string): readonly [x: number, y: number] | null {
  return ARROWS[key] ?? null;
}

/** The point of a drawing that a point of the window shows. */
export function inDrawing(at: Point, shown: WindowBox, { width, height }: DrawingSize): Point {
  return { x: ((at.x - shown.left) / shown.width) * width, y: ((at.y - shown.top) / shown.height) * height };
}

/** The point of the window that shows a point of a drawing. */
export function inWindow(at: Point, shown: WindowBox, { width, height }: DrawingSize): Point {
  return { x: shown.left + (at.x / width) * shown.width, y: shown.top + (at.y / height) * shown.height };
}

/** The frame that a drawing is cropped to at first: most of what is in sight between two of its points. */
export function firstFrame(drawing: DrawingSize, [one, other]: readonly [Point, Point]): CropFrame {
  const [left, top, width, height] = spanned(one, other, drawing);
  const frame = [left + width / 8, top + height / 8, (width * 3) / 4, (height * 3) / 4] as const;
  return snapped(frame) ?? [0, 0, drawing.width, drawing.height];
}

/** The frame between two opposite corners, as far as it is in the drawing. */
function spanned(one: Point, other: Point, { width, height }: DrawingSize): CropFrame {
  const span = (a: number, b: number, most: number): [number, number] => {
    const [low, high] = [within(0, Math.min(a, b), most), within(0, Math.max(a, b), most)];
    return [low, high - low];
  };
  const [left, wide] = span(one.x, other.x, width);
  const [top, tall] = span(one.y, other.y, height);
  return [left, top, wide, tall];
}

/** The frame after a pointer has gone from one point to another. */
export function dragged(frame: CropFrame, grip: Grip, from: Point, to: Point, drawing: DrawingSize): CropFrame {
  if (grip === "beside") return spanned(from, to, drawing);
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  if (grip === "inside") return moved(frame, dx, dy, drawing);
  const [left, top, width, height] = frame;
  const [right, bottom] = [left + width, top + height];
  const [isNorth, isWest] = [grip.startsWith("n"), grip.endsWith("w")];
  const kept = { x: isWest ? right : left, y: isNorth ? bottom : top };
  const held = { x: (isWest ? left : right) + dx, y: (isNorth ? top : bottom) + dy };
  return spanned(kept, held, drawing);
}

/** A frame of whole pixels; null if there is none in it. */
export function snapped([left, top, width, height]: CropFrame): CropFrame | null {
  const [x, y] = [Math.round(left), Math.round(top)];
  const [wide, tall] = [Math.round(left + width) - x, Math.round(top + height) - y];
  return wide > 0 && tall > 0 ? [x, y, wide, tall] : null;
}

function moved([left, top, width, height]: CropFrame, dx: number, dy: number, drawing: DrawingSize): CropFrame {
  return [within(0, left + dx, drawing.width - width), within(0, top + dy, drawing.height - height), width, height];
}

/**
 * The frame after an arrow key: moved, or with Shift resized at its lower right corner. A press is one pixel; a key that
 * is held goes a hundredth of the drawing at a time. Null for other keys.
 */
export function keyed(
  frame: CropFrame,
  { key, shiftKey, repeat }: Pick<KeyboardEvent, "key" | "shiftKey" | "repeat">,
  drawing: DrawingSize,
): CropFrame | null {
  const direction = directionOf(key);
  if (!direction) return null;
  const step = repeat ? Math.max(1, Math.round(Math.max(drawing.width, drawing.height) / 100)) : 1;
  const [dx, dy] = [direction[0] * step, direction[1] * step];
  const [left, top, width, height] = frame.map(Math.round) as unknown as CropFrame;
  if (!shiftKey) return moved([left, top, width, height], dx, dy, drawing);
  return [left, top, within(1, width + dx, drawing.width - left), within(1, height + dy, drawing.height - top)];
}
