/** The canvases of a drawing: a background and layers of the same size, with what was done to them and can be undone. */

import { t } from "../../words.ts";

export interface Sheet {
  name: string;
  canvas: HTMLCanvasElement;
  /** True if something is drawn on it. */
  isUsed: boolean;
  /** True if the server does not have it as it is. */
  isDirty: boolean;
}

interface PastSheets {
  width: number;
  height: number;
  view: readonly number[] | null;
  pixels: Map<Sheet, [ImageData, boolean]>;
}

/** So much is remembered of what can be undone. */
const MOST_BYTES = 128 * 1024 * 1024;

export class Sheets {
  width = 1;
  height = 1;
  /** The part of the background that is seen, in its own pixels: left, top, right, bottom. */
  view: readonly number[] | null = null;
  image: HTMLImageElement | null = null;
  readonly layers: Sheet[] = [];
  readonly ground = document.createElement("canvas");
  private undone: PastSheets[] = [];
  private done: PastSheets[] = [];
  /** The steps that could be redone before the latest one was remembered. */
  private dropped: PastSheets[] = [];

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  /** Begins anew, with layers of these names. */
  reset(width: number, height: number, names: readonly string[]): void {
    this.done = [];
    this.undone = [];
    this.dropped = [];
    this.view = null;
    this.layers.length = 0;
    this.resize(width, height);
    for (const name of names) this.add(name);
    this.paintGround();
  }

  add(name: string): Sheet {
    const canvas = document.createElement("canvas");
    canvas.width = this.width;
    canvas.height = this.height;
    const sheet = { name, canvas, isUsed: false, isDirty: false };
    this.layers.push(sheet);
    return sheet;
  }

  private resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    for (const canvas of [this.ground, ...this.layers.map((layer) => layer.canvas)]) {
      canvas.width = width;
      canvas.height = height;
    }
  }

  paintGround(): void {
    const context = this.ground.getContext("2d");
    if (!context) return;
    context.clearRect(0, 0, this.width, this.height);
    const { image, view } = this;
    if (!image) return;
    const [left = 0, top = 0, right = image.naturalWidth, bottom = image.naturalHeight] = view ?? [];
    const scale = [this.width / (right - left), this.height / (bottom - top)] as const;
    context.imageSmoothingQuality = "high";
    context.drawImage(
      image,
      -left * scale[0],
      -top * scale[1],
      image.naturalWidth * scale[0],
      image.naturalHeight * scale[1],
    );
  }

  /** Remembers some layers as they are, before they change; gives their pixels. */
  remember(changing: readonly Sheet[]): PastSheets["pixels"] {
    const now = this.step(changing);
    this.done.push(now);
    this.dropped = this.undone;
    this.undone = [];
    const size = (step: PastSheets): number => step.pixels.size * step.width * step.height * 4;
    while (this.done.length > 1 && this.done.reduce((sum, step) => sum + size(step), 0) > MOST_BYTES) this.done.shift();
    return now.pixels;
  }

  /** Takes the latest step back as if it had never begun. */
  cancel(): void {
    this.swap(this.done, []);
    this.undone = this.dropped;
  }

  undo(): void {
    this.swap(this.done, this.undone);
  }

  redo(): void {
    this.swap(this.undone, this.done);
  }

  private step(changing: readonly Sheet[]): PastSheets {
    const { width, height, view } = this;
    const pixels = new Map<Sheet, [ImageData, boolean]>();
    for (const layer of changing) {
      const data = layer.canvas.getContext("2d")?.getImageData(0, 0, width, height);
      if (data) pixels.set(layer, [data, layer.isUsed]);
    }
    return { width, height, view, pixels };
  }

  private swap(from: PastSheets[], to: PastSheets[]): void {
    const step = from.pop();
    if (!step) return;
    const isCrop = step.width !== this.width || step.height !== this.height || step.view !== this.view;
    to.push(this.step(isCrop ? this.layers : [...step.pixels.keys()]));
    if (isCrop) this.resize(step.width, step.height);
    this.view = step.view;
    for (const [layer, [data, isUsed]] of step.pixels) {
      layer.canvas.getContext("2d")?.putImageData(data, 0, 0);
      Object.assign(layer, { isUsed, isDirty: true });
    }
    this.paintGround();
  }

  /** Keeps only a part of everything, in pixels of the canvas. */
  crop(left: number, top: number, width: number, height: number): void {
    this.remember(this.layers);
    const kept = this.layers.map((layer) => layer.canvas.getContext("2d")?.getImageData(left, top, width, height));
    if (this.image) {
      const [x = 0, y = 0, right = this.image.naturalWidth, bottom = this.image.naturalHeight] = this.view ?? [];
      const scale = [(right - x) / this.width, (bottom - y) / this.height] as const;
      this.view = [
        x + left * scale[0],
        y + top * scale[1],
        x + (left + width) * scale[0],
        y + (top + height) * scale[1],
      ];
    }
    this.resize(width, height);
    for (const [at, layer] of this.layers.entries()) {
      const data = kept[at];
      if (data) layer.canvas.getContext("2d")?.putImageData(data, 0, 0);
      layer.isDirty ||= layer.isUsed;
    }
    this.paintGround();
  }

  /** All of it as one image. */
  composite(): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: this.width, height: this.height });
    for (const each of [this.ground, ...this.layers.map((layer) => layer.canvas)])
      canvas.getContext("2d")?.drawImage(each, 0, 0);
    return canvas;
  }
}

/** A canvas as a PNG file. */
export async function fileOf(canvas: HTMLCanvasElement, name: string): Promise<File> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error(t("The browser cannot read the drawing."));
  return new File([blob], name, { type: "image/png" });
}
