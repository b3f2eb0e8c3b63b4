/** Drawing itself: the sheets of an editor, the pointer on them, and what the server gets of it. */
import type { PropertyValues } from "lit";
import { property, state } from "lit/decorators.js";
import { emit, UPLOAD } from "../../constants.ts";
import { Leaf, type LeafProps } from "../../elements/base.ts";
import { addressOf, type FileValue, type LinkValue } from "../../manifest.ts";
import { IDLE, type StreamView, type UploadView } from "../../states.ts";
import { t } from "../../words.ts";
import { fileOf, type Sheet, Sheets } from "./sheet.ts";

export type Ink = readonly [color: string, opacity: number];
export type EditorSource = "upload" | "webcam" | "clipboard";
export type Tool = "brush" | "eraser" | "crop";

interface DrawingValue {
  background: FileValue | LinkValue | null;
  layers: readonly (FileValue | null)[];
  canvas: readonly [number, number] | null;
  view: readonly number[] | null;
}

export interface ImageEditorProps extends LeafProps {
  value: DrawingValue | FileValue | null;
  sources: readonly EditorSource[];
  height: number | string | null;
  width: number | string | null;
  placeholder: string | null;
  transforms: readonly string[];
  brush: { size: number | null; colors: readonly Ink[]; color: Ink; is_fixed: boolean } | null;
  eraser: { size: number | null } | null;
  layers: { names: readonly string[]; more: boolean };
  canvas_size: readonly [number, number];
  fixed_canvas: boolean;
  buttons: readonly string[];
}

const LARGEST_SIDE = 4096;
export const MOST_LAYERS = 20;

export abstract class DrawingBoard extends Leaf<ImageEditorProps> {
  @property({ attribute: false }) stream: StreamView = IDLE;
  @property({ attribute: false }) upload: UploadView | null = null;
  @state() protected tool: Tool = "brush";
  @state() protected ink: Ink = ["#000000", 1];
  @state() protected brushSize = 0;
  @state() protected layer = 0;
  @state() protected frame: readonly number[] | null = null;
  @state() protected trouble = "";
  protected readonly sheets = new Sheets();
  protected shown: unknown = null;
  protected files: (FileValue | null)[] = [];
  protected last: { x: number; y: number } | null = null;

  protected get drawing(): DrawingValue | null {
    const { value } = this.props;
    return value && "file" in value ? { background: value, layers: [], canvas: null, view: null } : value;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (!changed.has("props")) return;
    const { brush, value } = this.props;
    const before = changed.get("props") as ImageEditorProps | undefined;
    if (brush && JSON.stringify(before?.brush) !== JSON.stringify(brush)) {
      this.ink = brush.color;
      this.brushSize = brush.size ?? 0;
    }
    if (!brush) this.tool = "crop";
    if (before === undefined || JSON.stringify(value) !== this.shown) void this.load();
  }

  /** Shows a value that is not what was drawn here. */
  protected async load(): Promise<void> {
    const { drawing, sheets, props } = this;
    this.shown = JSON.stringify(props.value);
    const shown = this.shown;
    this.trouble = "";
    try {
      const [image, ...layers] = await Promise.all(
        [drawing?.background ?? null, ...(drawing?.layers ?? [])].map((each) => loaded(addressOf(each))),
      );
      if (shown !== this.shown) return;
      sheets.image = image ?? null;
      const [width, height, view] = this.extent(drawing, image ?? layers[0] ?? null);
      const names = layers.map((_, at) => props.layers.names[at] ?? t("Layer {number}", { number: at + 1 }));
      sheets.reset(width, height, names.length > 0 ? names : props.layers.names);
      sheets.view = view;
      sheets.paintGround();
      this.files = sheets.layers.map((_, at) => drawing?.layers[at] ?? null);
      for (const [at, layer] of layers.entries()) {
        const sheet = sheets.layers[at];
        if (!layer || !sheet) continue;
        sheet.canvas.getContext("2d")?.drawImage(layer, 0, 0, width, height);
        sheet.isUsed = true;
      }
      this.layer = Math.min(this.layer, sheets.layers.length - 1);
    } catch {
      this.trouble = t("The image cannot be shown.");
    }
    this.requestUpdate();
  }

  protected extent(
    drawing: DrawingValue | null,
    image: HTMLImageElement | null,
  ): [number, number, readonly number[] | null] {
    const { canvas_size: size, fixed_canvas: isFixed } = this.props;
    if (drawing?.canvas) return [...drawing.canvas, drawing.view];
    if (!image) return [...size, null];
    const [width, height] = [image.naturalWidth, image.naturalHeight];
    const room = isFixed ? size : [LARGEST_SIDE, LARGEST_SIDE];
    const scale = isFixed
      ? Math.min(size[0] / width, size[1] / height)
      : Math.min(1, ...room.map((side, at) => side / (at ? height : width)));
    if (!isFixed) return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)), null];
    const [left, top] = [(size[0] / scale - width) / 2, (size[1] / scale - height) / 2];
    return [...size, [-left, -top, width + left, height + top]];
  }

  // ---- what the user draws -----------------------------------------------------------------------------------------

  protected get diameter(): number {
    return this.brushSize || Math.max(4, Math.round(Math.min(this.sheets.width, this.sheets.height) / 25));
  }

  protected take(tool: Tool): void {
    this.tool = tool;
    const { width, height } = this.sheets;
    this.frame = tool === "crop" ? [width / 8, height / 8, (width * 3) / 4, (height * 3) / 4] : null;
  }

  protected readonly onSize = (event: Event): void => {
    this.brushSize = Number((event.target as HTMLInputElement).value);
  };

  protected readonly addLayer = (): void => {
    this.sheets.add(t("Layer {number}", { number: this.sheets.layers.length + 1 }));
    this.files.push(null);
    this.layer = this.sheets.layers.length - 1;
    this.requestUpdate();
  };

  protected pointOf(event: PointerEvent): { x: number; y: number } {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const { width, height } = this.sheets;
    return {
      x: ((event.clientX - box.left) / box.width) * width,
      y: ((event.clientY - box.top) / box.height) * height,
    };
  }

  protected readonly onDown = (event: PointerEvent): void => {
    const layer = this.sheets.layers[this.layer];
    if (!this.props.interactive || event.button !== 0 || !layer || (this.tool !== "crop" && !this.props.brush)) return;
    event.preventDefault();
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.last = this.pointOf(event);
    if (this.tool === "crop") this.frame = null;
    else {
      this.sheets.remember([layer]);
      this.draw(layer, this.last, event.pressure);
    }
  };

  protected readonly onMove = (event: PointerEvent): void => {
    const layer = this.sheets.layers[this.layer];
    if (!this.last || !layer) return;
    const point = this.pointOf(event);
    if (this.tool === "crop") this.frame = boxOf(this.last, point, this.sheets);
    else this.draw(layer, point, event.pointerType === "pen" ? event.pressure : 0.5);
  };

  protected readonly onUp = (): void => {
    if (!this.last) return;
    this.last = null;
    if (this.tool !== "crop") this.send();
    this.requestUpdate();
  };

  /** Draws from where the pointer was to where it is. */
  protected draw(layer: Sheet, to: { x: number; y: number }, pressure: number): void {
    const context = layer.canvas.getContext("2d");
    if (!context || !this.last) return;
    context.globalCompositeOperation = this.tool === "eraser" ? "destination-out" : "source-over";
    context.globalAlpha = this.tool === "eraser" ? 1 : this.ink[1];
    context.strokeStyle = this.ink[0];
    context.lineWidth = Math.max(1, this.diameter * (pressure > 0 ? 0.5 + pressure : 1));
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(this.last.x, this.last.y);
    context.lineTo(to.x, to.y + 0.01);
    context.stroke();
    this.last = to;
    layer.isUsed = layer.isDirty = true;
  }

  protected readonly crop = (): void => {
    const [left, top, width, height] = (this.frame ?? []).map(Math.round) as [number, number, number, number];
    if (!(width >= 1 && height >= 1)) return;
    this.sheets.crop(left, top, width, height);
    this.frame = null;
    this.send();
  };

  protected back(): void {
    this.sheets.undo();
    this.send();
  }

  protected forth(): void {
    this.sheets.redo();
    this.send();
  }

  protected readonly onKey = (event: KeyboardEvent): void => {
    if (!this.props.interactive || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    if (event.shiftKey) this.forth();
    else this.back();
  };

  /** Has the server get what was drawn: the layers that have changed, and then the value that they are a part of. */
  protected send(): void {
    this.requestUpdate();
    const { sheets } = this;
    const dirty = sheets.layers.flatMap((layer, at) => (layer.isDirty ? [at] : []));
    const [first, ...more] = dirty.map((at) => fileOf((sheets.layers[at] as Sheet).canvas, `layer ${at + 1}.png`));
    if (!first) {
      const value = this.valueNow();
      this.shown = JSON.stringify(value);
      this.edit(value);
      return;
    }
    const left = [...dirty];
    const place = (file: FileValue): DrawingValue | undefined => {
      const at = left.shift() as number;
      this.files[at] = file;
      if (left.length > 0) return undefined;
      for (const each of dirty) (sheets.layers[each] as Sheet).isDirty = false;
      const value = this.valueNow();
      this.shown = JSON.stringify(value);
      return value;
    };
    emit(this, UPLOAD, { component: this.component, file: first, more, place });
  }

  protected valueNow(): DrawingValue {
    const { width, height, view, layers } = this.sheets;
    const background = this.drawing?.background ?? null;
    const files = layers.map(({ isUsed }, at) => (isUsed ? (this.files[at] ?? null) : null));
    return { background, layers: files, canvas: [width, height], view };
  }
}

function boxOf(
  one: { x: number; y: number },
  other: { x: number; y: number },
  { width, height }: Sheets,
): readonly number[] {
  const within = (value: number, most: number): number => Math.max(0, Math.min(most, value));
  const [left, right] = [one.x, other.x].map((x) => within(x, width)).sort((a, b) => a - b) as [number, number];
  const [top, bottom] = [one.y, other.y].map((y) => within(y, height)).sort((a, b) => a - b) as [number, number];
  return [left, top, right - left, bottom - top];
}

async function loaded(address: string | null): Promise<HTMLImageElement | null> {
  if (!address) return null;
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}
