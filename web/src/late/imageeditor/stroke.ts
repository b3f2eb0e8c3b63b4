/** A line of the brush or the eraser. */
import type { Point } from "./geometry.ts";
import type { Sheet } from "./sheet.ts";

export interface Pen {
  readonly color: string;
  readonly opacity: number;
  /** In pixels of the drawing. */
  readonly diameter: number;
  readonly isEraser: boolean;
}

/** A line while it is drawn: on a layer, from point to point. */
export class Stroke {
  private readonly context: CanvasRenderingContext2D | null;
  private readonly points: Point[] = [];
  private reach = 1;

  /**
   * `before` is the layer without the line. A line of see-through ink is drawn on it anew with each of its points, as
   * one path: parts of their own would be darker where they meet.
   */
  constructor(
    private readonly sheet: Sheet,
    private readonly pen: Pen,
    private readonly before: ImageData | null,
  ) {
    this.context = sheet.canvas.getContext("2d");
  }

  /** Draws to a point; the first is a dot. The pressure is from 0 to 1, and 0.5 for a pointer that has none. */
  to(point: Point, pressure: number): void {
    const { context, points, pen } = this;
    this.sheet.isUsed = this.sheet.isDirty = true;
    points.push(point);
    if (!context) return;
    const isWhole = !pen.isEraser && pen.opacity < 1 && this.before !== null;
    if (!isWhole || points.length === 1) this.reach = Math.max(1, pen.diameter * (0.5 + pressure));
    context.globalCompositeOperation = pen.isEraser ? "destination-out" : "source-over";
    context.globalAlpha = pen.isEraser ? 1 : pen.opacity;
    context.strokeStyle = pen.color;
    context.lineWidth = this.reach;
    context.lineCap = context.lineJoin = "round";
    if (isWhole) this.restore();
    const drawn = isWhole ? points : points.slice(-2);
    const [first] = drawn as [Point];
    context.beginPath();
    context.moveTo(first.x, first.y);
    for (const { x, y } of drawn.length > 1 ? drawn.slice(1) : drawn) context.lineTo(x, y + 0.01);
    context.stroke();
  }

  /** Takes the line away as far as it goes. */
  private restore(): void {
    const [xs, ys] = [this.points.map(({ x }) => x), this.points.map(({ y }) => y)];
    const [left, top] = [Math.floor(Math.min(...xs) - this.reach), Math.floor(Math.min(...ys) - this.reach)];
    const [right, bottom] = [Math.ceil(Math.max(...xs) + this.reach), Math.ceil(Math.max(...ys) + this.reach)];
    this.context?.putImageData(this.before as ImageData, 0, 0, left, top, right - left, bottom - top);
  }
}

/** The points of a pointer's event, also those that the browser has joined; each with its pressure. */
export function pointsOf(event: PointerEvent, place: (at: Point) => Point): [Point, number][] {
  const joined = event.getCoalescedEvents?.() ?? [];
  return (joined.length > 0 ? joined : [event]).map((each) => [
    place({ x: each.clientX, y: each.clientY }),
    each.pointerType === "pen" ? each.pressure : 0.5,
  ]);
}
