/** The way up of frames, in the worker: one capture per camera, one uplink per stream that it feeds. */

import type { Encoded, FrameEncoder } from "../codecs/codec.ts";
import type { CameraFrame } from "../codecs/types.ts";
import { pageUs } from "../transport/clock.ts";
import { UpCredit } from "../transport/credit.ts";
import type { Packet } from "../wire/packet.ts";
import { CodecNumber, Flag, PacketKind } from "../wire/packet.ts";
import { CameraInterval, FramePace } from "./frame_pace.ts";
import type { Uplink } from "./uplink.ts";

/** One stream that a camera feeds. */
export class FrameUplink implements Uplink {
  readonly stream: number;
  readonly component: number;
  private readonly credit = new UpCredit();
  private readonly pace: FramePace;
  private readonly send: (packet: Packet) => void;
  private isRunning = false;
  /** The slot is over, and the server waits for a packet that says so. */
  private owesLast = false;

  constructor(stream: number, component: number, everyS: number, send: (packet: Packet) => void) {
    this.stream = stream;
    this.component = component;
    this.pace = new FramePace(everyS);
    this.send = send;
  }

  get sent(): number {
    return this.credit.last;
  }

  run(): void {
    if (!this.isRunning) this.pace.restart();
    this.isRunning = true;
  }

  pause(): void {
    this.isRunning = false;
  }

  expire(): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    this.owesLast = true;
    this.settle();
  }

  finish(): number {
    this.isRunning = false;
    return this.sent;
  }

  raise(limit: number): void {
    this.credit.raise(limit);
    this.settle();
  }

  /** True if the frame of `nowUs` is to be taken. */
  wants(nowUs: number, intervalUs: number): boolean {
    return this.isRunning && this.credit.isFree && this.pace.isDue(nowUs, intervalUs);
  }

  /** The next frame is to be that of `dueUs`; the first one of a slot is due at once in any case. */
  aim(dueUs: number): void {
    this.pace.aim(dueUs);
  }

  /** Takes the frame of `nowUs`: it counts as sent from here on. */
  begin(nowUs: number): void {
    this.pace.take(nowUs);
    this.credit.reserve();
  }

  /** Sends what came of the frame that was begun; nothing if that failed, or if the stream no longer runs. */
  complete(encoded: Encoded | null, capturedUs: number): void {
    if (encoded && this.isRunning) this.dispatch(encoded, capturedUs);
    else this.credit.release();
    this.settle();
  }

  /** Says that nothing more comes in this slot: frames are not held back, so there is nothing else to hand over. */
  private settle(): void {
    if (!this.owesLast || !this.credit.isFree) return;
    this.owesLast = false;
    this.credit.reserve();
    const nothing = new Uint8Array(0);
    this.dispatch(
      { codec: CodecNumber.JPEG, flags: Flag.KEY | Flag.INDEPENDENT | Flag.LAST, payload: nothing },
      pageUs(),
    );
  }

  private dispatch(encoded: Encoded, capturedUs: number): void {
    this.send({
      ...encoded,
      kind: PacketKind.PICTURE,
      stream: this.stream,
      component: this.component,
      sequence: this.credit.commit(),
      source: 0,
      call: 0,
      captured_us: capturedUs,
    });
  }
}

/** The surface that a camera's frames are drawn on, before the encoder: mirrored and scaled. */
export interface Drawing {
  /** Draws the frame and returns the canvas; the frame may be closed afterwards. */
  draw(frame: CameraFrame): OffscreenCanvas;
}

interface Drawn {
  canvas: OffscreenCanvas;
  takers: FrameUplink[];
}

/** Takes frames of one camera for its streams: only with credit, at their pace, one encoding at a time. */
export class FrameCapture {
  private readonly uplinks: () => Iterable<FrameUplink>;
  private readonly drawing: Drawing;
  private readonly encoder: FrameEncoder;
  private readonly fail: (error: unknown) => void;
  private readonly interval = new CameraInterval();
  private isEncoding = false;
  /** Sees each frame before it is closed, and whether it is going to be sent. */
  watch: ((frame: CameraFrame, capturedUs: number, isSent: boolean) => void) | null = null;

  /** `fail` is told when a frame could not be drawn or encoded. */
  constructor(
    uplinks: () => Iterable<FrameUplink>,
    drawing: Drawing,
    encoder: FrameEncoder,
    fail: (error: unknown) => void,
  ) {
    this.uplinks = uplinks;
    this.drawing = drawing;
    this.encoder = encoder;
    this.fail = fail;
  }

  /** A frame arrived; it is closed here, wanted or not. Returns when it has been sent, or at once. */
  async offer(frame: CameraFrame): Promise<void> {
    // A frame's own timestamp counts from anywhere: the time of a frame is when it was read.
    const nowUs = pageUs();
    let drawn: Drawn | null;
    try {
      drawn = this.draw(frame, nowUs);
      this.watch?.(frame, nowUs, drawn !== null);
    } catch (error) {
      this.fail(error);
      return;
    } finally {
      frame.close();
    }
    if (drawn) await this.encode(drawn, nowUs);
  }

  private draw(frame: CameraFrame, nowUs: number): Drawn | null {
    this.interval.tick(nowUs);
    if (this.isEncoding) return null;
    const takers = [...this.uplinks()].filter((uplink) => uplink.wants(nowUs, this.interval.us));
    return takers.length === 0 ? null : { takers, canvas: this.drawing.draw(frame) };
  }

  close(): void {
    this.encoder.close();
  }

  private async encode({ canvas, takers }: Drawn, capturedUs: number): Promise<void> {
    for (const uplink of takers) uplink.begin(capturedUs);
    this.isEncoding = true;
    try {
      const encoded = await this.encoder.encode(canvas);
      for (const uplink of takers) uplink.complete(encoded, capturedUs);
    } catch (error) {
      for (const uplink of takers) uplink.complete(null, capturedUs);
      this.fail(error);
    } finally {
      this.isEncoding = false;
    }
  }
}

/**
 * Reads a camera to its end; every frame is offered while the one before may still be encoded.
 *
 * After `signal` aborts, frames are closed unseen. The stream is not cancelled: its end comes with that of the track,
 * and what a cancelled stream has on its way nobody could close.
 */
export async function readFrames(
  source: ReadableStream<CameraFrame>,
  capture: FrameCapture,
  signal: AbortSignal,
): Promise<void> {
  const reader = source.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    if (signal.aborted) value.close();
    else void capture.offer(value);
  }
}
