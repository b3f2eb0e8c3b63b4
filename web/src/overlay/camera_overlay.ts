/** The marks on the frames of one camera, in the media worker: each on the frame that it was computed from, or carried on. */

import type { CameraFrame, DisplayFrame } from "../codecs/types.ts";
import { Cadence } from "./cadence.ts";
import { Carrying } from "./carrying.ts";
import { drawMarks } from "./drawing.ts";
import { drawFrame, FrameRing, type FrameSurface, openSurface, resize } from "./frame_ring.ts";
import type { Mark, Overlay } from "./marks.ts";
import { readOverlay } from "./packed.ts";
import { summarise } from "./summary.ts";

/** The marks in words are told to the page at most so often. */
const WORDS_US = 1_000_000;

/** Weight of a new interval of the camera in the smoothed one. */
const SMOOTHING = 0.1;

export interface OverlayEvents {
  /** A frame is to be shown that no packet brought: `make` makes it. */
  carry(component: number, capturedUs: number, make: (timestampUs: number) => DisplayFrame): void;
  /** The marks of a component in words, when they have changed. */
  described(component: number, words: string): void;
}

export class CameraOverlay {
  private readonly isMirrored: boolean;
  private readonly events: OverlayEvents;
  private readonly ring: FrameRing;
  private readonly outputs = new Map<number, OverlayOutput>();
  private lastUs = 0;
  private cameraUs = 0;

  constructor(isMirrored: boolean, events: OverlayEvents) {
    this.isMirrored = isMirrored;
    this.events = events;
    this.ring = new FrameRing(isMirrored);
  }

  /** A frame of the camera arrived, which stays the caller's; `isSent`: it is on its way to the server. */
  offer(frame: CameraFrame, capturedUs: number, isSent: boolean): void {
    if (this.outputs.size === 0) return;
    const interval = capturedUs - this.lastUs;
    if (this.lastUs > 0) this.cameraUs += (interval - this.cameraUs) * (this.cameraUs === 0 ? 1 : SMOOTHING);
    this.lastUs = capturedUs;
    if (isSent) this.ring.put(frame, capturedUs);
    for (const [component, output] of this.outputs) {
      if (!output.runsAhead(capturedUs, this.cameraUs)) continue;
      this.events.carry(component, capturedUs, (timestampUs) =>
        output.carried((surface) => drawFrame(surface, frame, this.isMirrored), capturedUs, timestampUs),
      );
    }
  }

  /** The result for the frame of `capturedUs`: that frame with its marks, or null if a later one is shown already. */
  draw(component: number, payload: Uint8Array, capturedUs: number, timestampUs: number): DisplayFrame | null {
    const overlay = readOverlay(payload);
    const output = this.outputs.get(component) ?? new OverlayOutput();
    this.outputs.set(component, output);
    const words = output.take(overlay, capturedUs, this.lastUs);
    if (words !== null) this.events.described(component, words);
    const base = this.ring.get(capturedUs);
    return base && output.exact(base, overlay.marks, capturedUs, timestampUs);
  }

  /** A frame of a component is shown so large. */
  presented(component: number, scale: number): void {
    const output = this.outputs.get(component);
    if (output && scale > 0) output.scale = scale;
  }

  /** Nothing more is drawn for a component. */
  forget(component: number): void {
    this.outputs.delete(component);
  }
}

/** One component that shows the frames of the camera with marks. */
class OverlayOutput {
  private readonly surface: FrameSurface = openSurface();
  private readonly carrying = new Carrying();
  private readonly cadence = new Cadence();
  /** The pixels of the page that one of a frame is shown as; 0 as long as that is not known. */
  scale = 0;
  private interpolates = true;
  private isAhead = false;
  private shownUs = 0;
  private words = "";
  private saidUs = 0;

  /** A result arrived, at about `nowUs`; gives its marks in words if the page is to be told. */
  take({ marks, interpolates }: Overlay, capturedUs: number, nowUs: number): string | null {
    this.interpolates = interpolates;
    this.carrying.add(marks, capturedUs);
    this.cadence.arrived(capturedUs, Math.max(nowUs, capturedUs));
    const words = summarise(marks);
    if (words === this.words || (this.saidUs > 0 && capturedUs - this.saidUs < WORDS_US)) return null;
    this.words = words;
    this.saidUs = capturedUs;
    return words;
  }

  runsAhead(nowUs: number, cameraUs: number): boolean {
    this.isAhead = this.interpolates && this.cadence.runsAhead(nowUs, cameraUs);
    return this.isAhead;
  }

  /**
   * The frame that the marks were computed from; null if a later one is shown already, and while frames run ahead: among
   * marks that are dashed, a single frame whose marks are not would flash.
   */
  exact(base: OffscreenCanvas, marks: readonly Mark[], capturedUs: number, timestampUs: number): DisplayFrame | null {
    if (this.isAhead || capturedUs < this.shownUs) return null;
    const copy = ({ canvas, context }: FrameSurface): void => {
      resize(canvas, base.width, base.height);
      context.drawImage(base, 0, 0);
    };
    return this.compose(copy, marks, false, capturedUs, timestampUs);
  }

  /** A later frame, with the marks as they are to be expected on it. */
  carried(draw: (surface: FrameSurface) => void, capturedUs: number, timestampUs: number): DisplayFrame {
    return this.compose(draw, this.carrying.at(capturedUs), true, capturedUs, timestampUs);
  }

  private compose(
    draw: (surface: FrameSurface) => void,
    marks: readonly Mark[],
    isCarried: boolean,
    capturedUs: number,
    timestampUs: number,
  ): DisplayFrame {
    draw(this.surface);
    drawMarks(this.surface.context, marks, isCarried, this.scale);
    this.shownUs = capturedUs;
    if (typeof VideoFrame === "undefined") return this.surface.canvas.transferToImageBitmap();
    return new VideoFrame(this.surface.canvas, { timestamp: timestampUs, alpha: "discard" });
  }
}
