/** Where streamed frames of one component go, in the worker. */

import type { DisplayFrame, FrameTarget } from "../codecs/types.ts";
import { frameSize } from "../media/frame_size.ts";
import { pageUs } from "../transport/clock.ts";
import type { Packet } from "../wire/packet.ts";

export interface FrameSink {
  /** Shows the frame and closes it. */
  show(frame: DisplayFrame, packet: Packet): void;
}

/** Which packet a frame on a sink came from. */
export interface Shot {
  stream: number;
  component: number;
  sequence: number;
  capturedUs: number;
}

/** A frame reached the glass, at `pageUs` of the page's clock. */
export type Report = (shot: Shot, pageUs: number) => void;

/** Opens the sink that a target needs. */
export function openSink(target: FrameTarget, report: Report): TrackSink | CanvasSink {
  return target instanceof WritableStream ? new TrackSink(target, report) : new CanvasSink(target, report);
}

/** Frames that have not been presented after so many others never will be. */
const MOST_SHOTS = 16;

/** Feeds the track behind a `<video>`; the page tells when a frame was presented. */
export class TrackSink implements FrameSink {
  private readonly writer: WritableStreamDefaultWriter<VideoFrame>;
  private readonly report: Report;
  /** Frames on their way to the glass, by timestamp. */
  private readonly shots = new Map<number, Shot>();

  constructor(writable: WritableStream<VideoFrame>, report: Report) {
    this.writer = writable.getWriter();
    this.report = report;
  }

  show(frame: VideoFrame, packet: Packet): void {
    const { stream, component, sequence, captured_us: capturedUs } = packet;
    this.shots.set(frame.timestamp, { stream, component, sequence, capturedUs });
    for (const timestamp of this.shots.keys()) {
      if (this.shots.size <= MOST_SHOTS) break;
      this.shots.delete(timestamp);
    }
    // The track takes the frame over and closes it; a track that has ended does not, and its page is going away.
    this.writer.write(frame).catch(() => frame.close());
  }

  /** The `<video>` presented the frame with this timestamp. */
  presented(timestampUs: number, atUs: number): void {
    const shot = this.shots.get(timestampUs);
    if (!shot) return;
    for (const older of this.shots.keys()) {
      if (older <= timestampUs) this.shots.delete(older);
    }
    this.report(shot, atUs);
  }
}

/** Draws on a canvas whose control the page has handed over: for browsers without a track to write to. */
export class CanvasSink implements FrameSink {
  private readonly canvas: OffscreenCanvas;
  private readonly context: OffscreenCanvasRenderingContext2D;
  private readonly report: Report;

  constructor(canvas: OffscreenCanvas, report: Report) {
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) throw new Error("this browser gives no 2d canvas to a worker");
    this.canvas = canvas;
    this.context = context;
    this.report = report;
  }

  show(frame: DisplayFrame, packet: Packet): void {
    const [width, height] = frameSize(frame);
    try {
      if (this.canvas.width !== width || this.canvas.height !== height) {
        this.canvas.width = width;
        this.canvas.height = height;
      }
      this.context.drawImage(frame, 0, 0, width, height);
    } finally {
      frame.close();
    }
    const { stream, component, sequence, captured_us: capturedUs } = packet;
    // What is drawn now is composited with the next frame of the screen; nothing tells a worker when.
    this.report({ stream, component, sequence, capturedUs }, pageUs());
  }
}
