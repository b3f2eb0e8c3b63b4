/** The last frames of a camera that were sent, as they were captured, by the time of that: every result names it. */

import type { CameraFrame } from "../codecs/types.ts";
import { frameSize } from "../media/frame_size.ts";

/** More frames than a link with sense has on the way. */
const MOST_FRAMES = 16;

/** Bytes of all frames, at 4 for each pixel. */
const MOST_BYTES = 96 * 1024 * 1024;

/** Surfaces that can be drawn on; what a ring keeps. */
export interface FrameSurface {
  readonly canvas: OffscreenCanvas;
  readonly context: OffscreenCanvasRenderingContext2D;
}

export class FrameRing {
  private readonly isMirrored: boolean;
  private readonly open: () => FrameSurface;
  /** By capture time, the oldest first. */
  private readonly surfaces = new Map<number, FrameSurface>();

  /** `isMirrored`: frames are sent mirrored, and kept so. */
  constructor(isMirrored: boolean, open: () => FrameSurface = openSurface) {
    this.isMirrored = isMirrored;
    this.open = open;
  }

  get size(): number {
    return this.surfaces.size;
  }

  /** Keeps a copy of the frame, in place of the oldest if there are too many; the camera gets its own back at once. */
  put(frame: CameraFrame, capturedUs: number): void {
    const [width, height] = frameSize(frame);
    const most = Math.max(1, Math.min(MOST_FRAMES, Math.floor(MOST_BYTES / (width * height * 4))));
    let surface: FrameSurface | null = null;
    for (const [oldest, found] of this.surfaces) {
      if (this.surfaces.size < most) break;
      this.surfaces.delete(oldest);
      surface = found;
    }
    surface ??= this.open();
    drawFrame(surface, frame, this.isMirrored);
    this.surfaces.set(capturedUs, surface);
  }

  /** The frame that was captured at a time; null if it is not kept, or not any more. */
  get(capturedUs: number): OffscreenCanvas | null {
    return this.surfaces.get(capturedUs)?.canvas ?? null;
  }
}

/** Opens a surface of no size yet. */
export function openSurface(): FrameSurface {
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) throw new Error("this browser gives no 2d canvas to a worker");
  return { canvas, context };
}

/** Draws a frame at its own size. */
export function drawFrame({ canvas, context }: FrameSurface, frame: CameraFrame, isMirrored: boolean): void {
  const [width, height] = frameSize(frame);
  resize(canvas, width, height);
  context.setTransform(isMirrored ? -1 : 1, 0, 0, 1, isMirrored ? width : 0, 0);
  context.drawImage(frame, 0, 0, width, height);
  context.setTransform(1, 0, 0, 1, 0, 0);
}

/** Gives a canvas a size; to set the one that it has would clear it. */
export function resize(canvas: OffscreenCanvas, width: number, height: number): void {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
}
