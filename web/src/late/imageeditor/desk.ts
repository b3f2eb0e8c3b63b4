/** The desk that a drawing lies on: it is zoomed, and moved by scrolling the desk. */
import type { ReactiveControllerHost } from "lit";
import { directionOf, inDrawing, inWindow, type Point, within } from "./geometry.ts";

/** The largest zoom; at 1 all of the drawing is in sight. */
export const MOST_ZOOM = 16;
/** The zoom of one press of a button or key. */
const STEP = 1.5;
/** From this zoom on single pixels can be told apart, and are drawn as squares. */
const PIXELS = 4;
/** The part of the desk that an arrow key scrolls by. */
const SCROLLED = 1 / 8;
/** The whole of the drawing: points of it are fractions of its sides here. */
const WHOLE = { width: 1, height: 1 };
const [CORNER, OPPOSITE] = [
  { x: 0, y: 0 },
  { x: 1, y: 1 },
] as const;

export class Desk {
  zoom = 1;

  constructor(private readonly host: ReactiveControllerHost & HTMLElement) {}

  private get desk(): HTMLElement | null {
    return this.host.querySelector(".ms-editor-desk");
  }

  private get sheet(): HTMLElement | null {
    return this.host.querySelector(".ms-editor-sheet");
  }

  get hasPixels(): boolean {
    return this.zoom >= PIXELS;
  }

  /** The point of the drawing under a point of the window, in fractions of its sides. */
  under(at: Point): Point {
    return this.sheet ? inDrawing(at, this.sheet.getBoundingClientRect(), WHOLE) : { x: 0, y: 0 };
  }

  /** The part of the drawing that is in sight, by its upper left and lower right corner, in fractions of its sides. */
  get sight(): readonly [Point, Point] {
    const { left = 0, top = 0, right = 0, bottom = 0 } = this.desk?.getBoundingClientRect() ?? {};
    const isWhole = this.zoom === 1;
    return isWhole ? [CORNER, OPPOSITE] : [this.under({ x: left, y: top }), this.under({ x: right, y: bottom })];
  }

  /** Zooms and scrolls so that a point of the drawing, in fractions of its sides, is at a point of the window. */
  show(point: Point, at: Point, zoom: number): void {
    const { desk, sheet } = this;
    if (!desk || !sheet) return;
    this.zoom = within(1, zoom, MOST_ZOOM);
    // At once, as where the drawing is then must be known.
    desk.toggleAttribute("data-zoomed", this.zoom > 1);
    desk.style.setProperty("--ms-zoom", String(this.zoom));
    const now = inWindow(point, sheet.getBoundingClientRect(), WHOLE);
    desk.scrollLeft += now.x - at.x;
    desk.scrollTop += now.y - at.y;
    this.host.requestUpdate();
  }

  /** Zooms by a factor, around a point of the window or the middle of the desk. */
  zoomBy(factor: number, at = this.middle): void {
    this.show(this.under(at), at, this.zoom * factor);
  }

  readonly zoomIn = (): void => this.zoomBy(STEP);

  readonly zoomOut = (): void => this.zoomBy(1 / STEP);

  /** Shows all of the drawing. */
  readonly fit = (): void => {
    this.zoom = 1;
    this.host.requestUpdate();
  };

  private get middle(): Point {
    const { left = 0, top = 0, width = 0, height = 0 } = this.desk?.getBoundingClientRect() ?? {};
    return { x: left + width / 2, y: top + height / 2 };
  }

  /** Zooms with Ctrl, which is also what a trackpad sends when two fingers are spread; else the desk scrolls. */
  readonly onWheel = (event: WheelEvent): void => {
    if (!(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.zoomBy(Math.exp(within(-0.4, -event.deltaY / 100, 0.4)), { x: event.clientX, y: event.clientY });
  };

  /** Does what a key asks for: plus, minus, 0, and arrows on a desk that is zoomed. False for other keys. */
  press(key: string): boolean {
    const direction = directionOf(key);
    if (key === "+" || key === "=") this.zoomIn();
    else if (key === "-") this.zoomOut();
    else if (key === "0") this.fit();
    else if (direction && this.desk && this.zoom > 1) {
      this.desk.scrollLeft += direction[0] * this.desk.clientWidth * SCROLLED;
      this.desk.scrollTop += direction[1] * this.desk.clientHeight * SCROLLED;
    } else return false;
    return true;
  }
}

/** Two fingers on a desk: spread they zoom it, together they move it. */
export class Pinch {
  private readonly fingers = new Map<number, Point>();
  private begun: { point: Point; spread: number; zoom: number } | null = null;

  constructor(private readonly desk: Desk) {}

  /** A pointer came down. True if it makes a pinch, or adds to one. */
  down(event: PointerEvent): boolean {
    if (event.pointerType !== "touch") return false;
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.fingers.size === 2) {
      const { middle, spread } = this.hand();
      this.begun = { point: this.desk.under(middle), spread, zoom: this.desk.zoom };
    }
    return this.begun !== null;
  }

  /** A pointer has moved. True if it belongs to a pinch. */
  move(event: PointerEvent): boolean {
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const { begun } = this;
    if (begun && this.fingers.size > 1) {
      const { middle, spread } = this.hand();
      this.desk.show(begun.point, middle, (begun.zoom * spread) / begun.spread);
    }
    return begun !== null;
  }

  /** A pointer was lifted. True if it belongs to a pinch, which ends with its last finger. */
  up(event: PointerEvent): boolean {
    const wasPinch = this.begun !== null;
    this.fingers.delete(event.pointerId);
    if (this.fingers.size === 0) this.begun = null;
    return wasPinch;
  }

  /** The middle of the first two fingers and the distance between them. */
  private hand(): { middle: Point; spread: number } {
    const [one, other] = [...this.fingers.values()] as [Point, Point];
    const middle = { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
    return { middle, spread: Math.max(1, Math.hypot(one.x - other.x, one.y - other.y)) };
  }
}
