/** Frames and encoders that the test controls. */

import type { Drawing } from "../../src/capture/frame_capture.ts";
import type { Encoded, EncoderRate, FrameEncoder } from "../../src/codecs/codec.ts";
import type { CameraFrame } from "../../src/codecs/types.ts";
import { Flag } from "../../src/wire/packet.ts";

/** A camera's frame that knows whether it was closed, and complains if twice. */
export class FakeFrame {
  isClosed = false;
  readonly timestamp: number;

  constructor(timestamp = 0) {
    this.timestamp = timestamp;
  }

  close(): void {
    if (this.isClosed) throw new Error("closed twice");
    this.isClosed = true;
  }

  get asPicture(): CameraFrame {
    return this as unknown as CameraFrame;
  }
}

export class FakeDrawing implements Drawing {
  drawn = 0;
  longest: number[] = [];
  error: Error | null = null;

  draw(frame: CameraFrame, longest = 0): OffscreenCanvas {
    if ((frame as unknown as FakeFrame).isClosed) throw new Error("drawn after it was closed");
    if (this.error) throw this.error;
    this.drawn++;
    this.longest.push(longest);
    return {} as OffscreenCanvas;
  }
}

/** Encodes when told to. */
export class FakeEncoder implements FrameEncoder {
  rates: EncoderRate[] = [];
  keyRequests = 0;
  isClosed = false;
  private pending: { resolve(encoded: Encoded | null): void; reject(error: Error): void }[] = [];

  encode(): Promise<Encoded | null> {
    return new Promise((resolve, reject) => this.pending.push({ resolve, reject }));
  }

  get waiting(): number {
    return this.pending.length;
  }

  finish(): void {
    this.pending.shift()?.resolve({ codec: 1, flags: Flag.KEY | Flag.INDEPENDENT, payload: Uint8Array.of(1) });
  }

  /** Leaves the frame out. */
  skip(): void {
    this.pending.shift()?.resolve(null);
  }

  fail(): void {
    this.pending.shift()?.reject(new Error("no memory"));
  }

  configure(rate: EncoderRate): void {
    this.rates.push(rate);
  }

  requestKeyFrame(): void {
    this.keyRequests++;
  }

  close(): void {
    this.isClosed = true;
  }
}
