/** The sheets of an editor as a value: shown as the server has it, and sent as it was drawn. */
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

export abstract class SheetBoard extends Leaf<ImageEditorProps> {
  @property({ attribute: false }) stream: StreamView = IDLE;
  @property({ attribute: false }) upload: UploadView | null = null;
  @state() protected layer = 0;
  @state() protected trouble = "";
  protected readonly sheets = new Sheets();
  private shown: unknown = null;
  private files: (FileValue | null)[] = [];

  /** Called when the drawing has another size. */
  protected abstract fit(): void;

  protected get drawing(): DrawingValue | null {
    const { value } = this.props;
    return value && "file" in value ? { background: value, layers: [], canvas: null, view: null } : value;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (!changed.has("props")) return;
    if (changed.get("props") === undefined || JSON.stringify(this.props.value) !== this.shown) void this.load();
  }

  /** Shows a value that is not what was drawn here. */
  private async load(): Promise<void> {
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
      if (width !== sheets.width || height !== sheets.height) this.fit();
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

  private extent(
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

  protected readonly addLayer = (): void => {
    this.sheets.add(t("Layer {number}", { number: this.sheets.layers.length + 1 }));
    this.files.push(null);
    this.layer = this.sheets.layers.length - 1;
    this.requestUpdate();
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

  private valueNow(): DrawingValue {
    const { width, height, view, layers } = this.sheets;
    const background = this.drawing?.background ?? null;
    const files = layers.map(({ isUsed }, at) => (isUsed ? (this.files[at] ?? null) : null));
    return { background, layers: files, canvas: [width, height], view };
  }
}

async function loaded(address: string | null): Promise<HTMLImageElement | null> {
  if (!address) return null;
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}
