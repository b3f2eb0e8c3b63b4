/** Frames and encoders that the test controls. */

import type { Encoded, EncoderRate, FrameEncoder, FrameForm } from "../../src/codecs/codec.ts";
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

/** Every frame is 640 by 480, or as much smaller as it has to be. */
export function fakeForm(_frame: CameraFrame, longest: number): FrameForm {
  const width = longest || 640;
  return { width, height: (width * 3) / 4, isMirrored: false, isScaled: longest > 0 };
}

/** Encodes when told to. */
export class FakeEncoder implements FrameEncoder {
  rates: EncoderRate[] = [];
  keyRequests = 0;
  isClosed = false;
  /** The width of each frame that it was given. */
  widths: number[] = [];
  /** What the next frames fail with, at once. */
  error: Error | null = null;
  private pending: { resolve(encoded: Encoded | null): void; reject(error: Error): void }[] = [];

  async encode(frame: CameraFrame, { width }: FrameForm): Promise<Encoded | null> {
    if ((frame as unknown as FakeFrame).isClosed) throw new Error("encoded after it was closed");
    if (this.error) throw this.error;
    this.widths.push(width);
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
