/** A canvas that frames of a camera are drawn on: scaled, and mirrored once. Works in worker and page. */

import type { FrameForm } from "./codec.ts";
import type { CameraFrame } from "./types.ts";

export class FrameCanvas {
  private readonly canvas = new OffscreenCanvas(1, 1);
  private readonly context: OffscreenCanvasRenderingContext2D;

  constructor() {
    const context = this.canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    if (!context) throw new Error("this browser gives no 2d canvas to a worker");
    this.context = context;
  }

  /** Draws a frame, which may be closed afterwards; what was drawn before is gone. */
  draw(frame: CameraFrame, { width, height, isMirrored, isScaled }: FrameForm): OffscreenCanvas {
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    // Pixel by pixel there is nothing to smooth, which takes as long as the rest.
    this.context.imageSmoothingEnabled = isScaled;
    this.context.setTransform(isMirrored ? -1 : 1, 0, 0, 1, isMirrored ? width : 0, 0);
    this.context.drawImage(frame, 0, 0, width, height);
    return this.canvas;
  }
}
