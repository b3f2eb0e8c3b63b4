/** Drawing itself: the tools, the pointers and the keys on the sheets of an editor. */
import type { PropertyValues } from "lit";
import { state } from "lit/decorators.js";
import { Desk, Pinch } from "./desk.ts";
import { type CropFrame, dragged, firstFrame, type Grip, inDrawing, keyed, type Point, snapped } from "./geometry.ts";
import { type ImageEditorProps, type Ink, SheetBoard } from "./sheet_board.ts";
import { pointsOf, Stroke } from "./stroke.ts";

export type Tool = "brush" | "eraser" | "crop" | "move";

/** A pointer at work on the drawing, from when it comes down until it is lifted. */
interface Gesture {
  readonly pointer: number;
  move(event: PointerEvent): void;
  end(): void;
  /** It was the first finger of two, and meant nothing by itself. */
  cancel(): void;
}

export abstract class DrawingBoard extends SheetBoard {
  @state() protected tool: Tool = "brush";
  @state() protected ink: Ink = ["#000000", 1];
  @state() protected frame: CropFrame | null = null;
  /** True from a pointer's touch until the next key: nobody needs to be told then where the keys go. */
  @state() protected isHeld = false;
  @state() private brushSize = 0;
  protected readonly desk = new Desk(this);
  private readonly pinch = new Pinch(this.desk);
  private gesture: Gesture | null = null;

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const { brush, transforms } = this.props;
    if (this.tool === "move" && this.desk.zoom === 1 && brush) this.tool = "brush";
    if (!changed.has("props")) return;
    const before = changed.get("props") as ImageEditorProps | undefined;
    if (brush && JSON.stringify(before?.brush) !== JSON.stringify(brush)) {
      this.ink = brush.color;
      this.brushSize = brush.size ?? 0;
    }
    if (!brush) this.tool = transforms.includes("crop") ? "crop" : "move";
  }

  protected get diameter(): number {
    return this.brushSize || Math.max(4, Math.round(Math.min(this.sheets.width, this.sheets.height) / 25));
  }

  protected take(tool: Tool): void {
    this.tool = tool;
    this.frame = tool === "crop" ? this.firstFrame() : null;
  }

  private firstFrame(): CropFrame {
    const { width, height } = this.sheets;
    const [one, other] = this.desk.sight.map(({ x, y }) => ({ x: x * width, y: y * height })) as [Point, Point];
    return firstFrame(this.sheets, [one, other]);
  }

  protected readonly onSize = (event: Event): void => {
    this.brushSize = Number((event.target as HTMLInputElement).value);
  };

  private readonly place = (at: Point): Point => {
    const sheet = this.querySelector(".ms-editor-sheet") as HTMLElement;
    return inDrawing(at, sheet.getBoundingClientRect(), this.sheets);
  };

  protected readonly onDown = (event: PointerEvent): void => {
    if (!this.props.interactive || event.button !== 0) return;
    event.preventDefault();
    this.isHeld = true;
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    if (this.pinch.down(event)) {
      this.gesture?.cancel();
      this.gesture = null;
    } else this.gesture ??= this.begin(event);
    this.focusOn(this.frame ? ".ms-editor-crop" : ".ms-editor-desk");
  };

  protected readonly onMove = (event: PointerEvent): void => {
    if (!this.pinch.move(event) && event.pointerId === this.gesture?.pointer) this.gesture.move(event);
  };

  protected readonly onUp = (event: PointerEvent): void => {
    if (this.pinch.up(event) || event.pointerId !== this.gesture?.pointer) return;
    this.gesture.end();
    this.gesture = null;
  };

  /** Begins what a pointer does with the tool in hand. */
  private begin(event: PointerEvent): Gesture | null {
    if (this.tool === "move") return this.moveDesk(event);
    if (this.tool === "crop") return this.props.transforms.includes("crop") ? this.dragFrame(event) : null;
    return this.props.brush ? this.drawLine(event) : null;
  }

  private drawLine(event: PointerEvent): Gesture | null {
    const layer = this.sheets.layers[this.layer];
    if (!layer) return null;
    const before = this.sheets.remember([layer]).get(layer)?.[0] ?? null;
    const [color, opacity] = this.ink;
    const pen = { color, opacity, diameter: this.diameter, isEraser: this.tool === "eraser" };
    const stroke = new Stroke(layer, pen, before);
    const draw = (now: PointerEvent): void => {
      for (const [point, pressure] of pointsOf(now, this.place)) stroke.to(point, pressure);
    };
    const end = (): void => {
      layer.isDirty = true; // also if an upload of an earlier line has ended since the last point
      this.send();
    };
    draw(event);
    return { pointer: event.pointerId, move: draw, end, cancel: () => this.sheets.cancel() };
  }

  private dragFrame(event: PointerEvent): Gesture {
    const { frame: before, sheets } = this;
    const first = before ?? this.firstFrame();
    const grip = ((event.target as HTMLElement).dataset["grip"] ?? "beside") as Grip;
    const from = this.place(windowPoint(event));
    return {
      pointer: event.pointerId,
      move: (now) => {
        this.frame = dragged(first, grip, from, this.place(windowPoint(now)), sheets);
      },
      end: () => {
        this.frame = (this.frame && snapped(this.frame)) ?? first;
      },
      cancel: () => {
        this.frame = before;
      },
    };
  }

  private moveDesk(event: PointerEvent): Gesture {
    const { desk } = this;
    const held = desk.under(windowPoint(event));
    const move = (now: PointerEvent): void => desk.show(held, windowPoint(now), desk.zoom);
    return { pointer: event.pointerId, move, end: () => undefined, cancel: () => undefined };
  }

  protected readonly crop = (): void => {
    if (!this.frame) return;
    this.sheets.crop(...this.frame);
    this.fit();
    this.send();
    this.focusOn(".ms-editor-desk");
  };

  /** Shows all of the drawing, with nothing about to be cropped. */
  protected override fit(): void {
    this.frame = null;
    this.desk.fit();
  }

  private focusOn(part: string): void {
    this.querySelector<HTMLElement>(part)?.focus({ preventScroll: true });
  }

  protected readonly back = (): void => {
    if (this.sheets.canUndo) this.retrace("undo");
  };

  protected readonly forth = (): void => {
    if (this.sheets.canRedo) this.retrace("redo");
  };

  private retrace(act: "undo" | "redo"): void {
    const { sheets } = this;
    const { width, height } = sheets;
    sheets[act]();
    if (width !== sheets.width || height !== sheets.height) this.fit();
    this.send();
  }

  protected readonly onKey = (event: KeyboardEvent): void => {
    this.isHeld = false;
    const key = event.key.toLowerCase();
    if (!this.props.interactive || !(event.ctrlKey || event.metaKey) || (key !== "z" && key !== "y")) return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) this.forth();
    else this.back();
  };

  /** Keys on the desk: those of the frame, if they are pressed there, and else those of the desk. */
  protected readonly onDeskKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { frame, sheets } = this;
    const target = event.target as HTMLElement;
    const isOnFrame = frame !== null && target.classList.contains("ms-editor-crop");
    const moved = isOnFrame ? keyed(frame, event, sheets) : null;
    if (moved) {
      this.frame = moved;
      void this.updateComplete.then(() => target.scrollIntoView({ block: "nearest", inline: "nearest" }));
    } else if (isOnFrame && event.key === "Enter") this.crop();
    else if (isOnFrame && event.key === "Escape") this.take(this.props.brush ? "brush" : "crop");
    else if (!this.desk.press(event.key)) return;
    event.preventDefault();
  };
}

function windowPoint({ clientX, clientY }: PointerEvent): Point {
  return { x: clientX, y: clientY };
}
