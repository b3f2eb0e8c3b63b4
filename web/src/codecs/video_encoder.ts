/** Encodes frames by WebCodecs. */

import type { EncoderRate } from "./codec.ts";
import { coloursOf, encodedSize, PREFIX_BYTES, payloadOf, type VideoFormat } from "./video_format.ts";

/** An encoder that has given nothing by then has left the frame out, or is about to say why. */
const PATIENCE_MS = 150;

/** A frame that took so long was encoded by threads that wait for each other; after so many of them one does it. */
const SLOW_MS = 66;
const HOPELESS = 3;

const CAMERA_HZ = 30;

/** Bits of a pixel at quality 1, for a stream that was told no rate: 2 Mbit/s for 640x480 at 0.8. */
const BITS_PER_PIXEL = 0.27;

export interface EncodedChunk {
  isKey: boolean;
  payload: Uint8Array;
}

interface PendingChunk {
  timestamp: number;
  resolve(encoded: EncodedChunk | null): void;
  reject(error: Error): void;
}

export class VideoFrameEncoder {
  private readonly format: VideoFormat;
  private readonly quality: number;
  private encoder: VideoEncoder | null = null;
  /** The configuration that it has. */
  private config = "";
  private size: [width: number, height: number] = [0, 0];
  private colours = 0;
  private slow = 0;
  private waiting: PendingChunk | null = null;
  /** A frame was encoded that nobody was given, so nobody has what the next one would build on. */
  private isBroken = true;

  constructor(format: VideoFormat, quality: number) {
    this.format = format;
    this.quality = quality;
  }

  /** Encodes a frame, scaled to a size if it has another one. */
  async encode(
    frame: VideoFrame,
    { width, height }: { width: number; height: number },
    isKey: boolean,
    rate: EncoderRate,
  ): Promise<EncodedChunk | null> {
    const pixels = this.slow < HOPELESS ? Infinity : this.format.threadedPixels;
    const size = encodedSize(width, height, pixels);
    const encoder = this.configured(...size, rate);
    const beganMs = performance.now();
    const keyFrame = isKey || this.isBroken;
    this.isBroken = false;
    const encoded = new Promise<EncodedChunk | null>((resolve, reject) => {
      this.waiting = { timestamp: frame.timestamp, resolve, reject };
    });
    encoder.encode(frame, { keyFrame });
    const timer = setTimeout(() => void this.giveUp(encoder), PATIENCE_MS);
    try {
      const result = await encoded;
      this.slow += Number(this.format.threadedPixels > 0 && performance.now() - beganMs > SLOW_MS);
      this.isBroken ||= result === null && keyFrame;
      return result;
    } finally {
      clearTimeout(timer);
      this.waiting = null;
    }
  }

  close(): void {
    if (this.encoder && this.encoder.state !== "closed") this.encoder.close();
    this.encoder = null;
    this.waiting?.reject(new Error("the encoder was closed"));
  }

  /** Opens the encoder, or tells it another rate or size. */
  private configured(width: number, height: number, { bitsPerS, framesPerS }: EncoderRate): VideoEncoder {
    const framerate = framesPerS || CAMERA_HZ;
    const config: VideoEncoderConfig = {
      ...this.format.options,
      codec: this.format.encoderCodec(width, height, framerate),
      width,
      height,
      bitrate: bitsPerS || Math.round(BITS_PER_PIXEL * this.quality * width * height * framerate),
      framerate,
      bitrateMode: bitsPerS ? "constant" : "variable",
      latencyMode: "realtime",
      hardwareAcceleration: "no-preference",
    };
    const described = JSON.stringify(config);
    if (this.encoder?.state === "configured" && described === this.config) return this.encoder;
    if (this.encoder?.state !== "configured") this.encoder = this.open();
    this.encoder.configure(config);
    // With another size the frames before are of no use.
    if (this.size[0] !== width || this.size[1] !== height) this.isBroken = true;
    this.config = described;
    this.size = [width, height];
    return this.encoder;
  }

  private open(): VideoEncoder {
    this.isBroken = true;
    return new VideoEncoder({ output: (chunk, about) => this.take(chunk, about), error: (error) => this.fail(error) });
  }

  private take(chunk: EncodedVideoChunk, about: EncodedVideoChunkMetadata | undefined): void {
    if (about?.decoderConfig) this.colours = coloursOf(about.decoderConfig.colorSpace);
    if (this.waiting?.timestamp !== chunk.timestamp) this.isBroken = true;
    else {
      const payload = payloadOf(chunk, ...this.size, this.colours);
      this.format.settle?.(payload.subarray(PREFIX_BYTES));
      this.waiting.resolve({ isKey: chunk.type === "key", payload });
    }
  }

  private fail(error: Error): void {
    this.isBroken = true;
    this.waiting?.reject(error);
  }

  /** Flushes everything: a frame that has not come then never does. */
  private async giveUp(encoder: VideoEncoder): Promise<void> {
    const { waiting } = this;
    try {
      await encoder.flush();
      waiting?.resolve(null);
    } catch (error) {
      waiting?.reject(error as Error);
    }
  }
}
