/** The draw that precedes the encoder: scales, and mirrors once. Works in worker and page. */

import type { CameraFrame, FrameOptions } from "../codecs/types.ts";
import type { Drawing } from "./frame_capture.ts";

/** The longest side of a frame for which the app declares no size. */
const LONGEST = 1280;

/**
 * The size at which a frame is sent: in proportion, never larger than it is, within `size` or 1280 by 1280, and no side
 * over `longest`, if that is not 0. Pure.
 */
export function fitFrame(width: number, height: number, size: [number, number] | null, longest = 0): [number, number] {
  const [widest, highest] = (size ?? [LONGEST, LONGEST]).map((side) => (longest ? Math.min(side, longest) : side)) as [
    number,
    number,
  ];
  const scale = Math.min(1, widest / width, highest / height);
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

export class CanvasDrawing implements Drawing {
  private readonly options: FrameOptions;
  private readonly canvas = new OffscreenCanvas(1, 1);
  private readonly context: OffscreenCanvasRenderingContext2D;

  constructor(options: FrameOptions) {
    this.options = options;
    const context = this.canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    if (!context) throw new Error("this browser gives no 2d canvas to a worker");
    this.context = context;
  }

  draw(frame: CameraFrame, longest = 0): OffscreenCanvas {
    const isFrame = "displayWidth" in frame;
    const [wide, high] = isFrame ? [frame.displayWidth, frame.displayHeight] : [frame.width, frame.height];
    const [width, height] = fitFrame(wide, high, this.options.size, longest);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    this.context.setTransform(this.options.mirror ? -1 : 1, 0, 0, 1, this.options.mirror ? width : 0, 0);
    this.context.drawImage(frame, 0, 0, width, height);
    return this.canvas;
  }
}
