/** Decodes one component of one stream by WebCodecs. */

import { colourSpace, PREFIX_BYTES, sizeOf, type VideoFormat } from "./video_format.ts";

/** A decoder that has given nothing by then is lost. */
const PATIENCE_MS = 2_000;

interface PendingFrame {
  resolve(frame: VideoFrame): void;
  reject(error: Error): void;
}

export class VideoFrameDecoder {
  private readonly format: VideoFormat;
  private decoder: VideoDecoder | null = null;
  /** The configuration that it has. */
  private config = "";
  private waiting: PendingFrame | null = null;

  constructor(format: VideoFormat) {
    this.format = format;
  }

  async decode(payload: Uint8Array, isKey: boolean, timestamp: number): Promise<VideoFrame> {
    const [width, height] = sizeOf(payload);
    const data = payload.subarray(PREFIX_BYTES);
    const decoder = isKey ? this.configured(payload, data) : this.decoder;
    if (decoder?.state !== "configured") throw new Error("a frame came without the one that it builds on");
    const decoded = new Promise<VideoFrame>((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
    decoder.decode(new EncodedVideoChunk({ type: isKey ? "key" : "delta", timestamp, data }));
    const timer = setTimeout(() => this.fail(new Error("the decoder gives no frame")), PATIENCE_MS);
    try {
      return cropped(await decoded, width, height);
    } catch (error) {
      this.close();
      throw error;
    } finally {
      clearTimeout(timer);
      this.waiting = null;
    }
  }

  close(): void {
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    this.decoder = null;
    this.fail(new Error("the decoder was closed"));
  }

  private configured(payload: Uint8Array, data: Uint8Array): VideoDecoder {
    const codec = this.format.decoderCodec(data);
    const described = `${codec} ${payload.subarray(0, PREFIX_BYTES)}`;
    if (this.decoder?.state === "configured" && described === this.config) return this.decoder;
    const colours = colourSpace(payload);
    if (this.decoder === null || this.decoder.state === "closed") this.decoder = this.open();
    this.decoder.configure({
      codec,
      ...(colours && { colorSpace: colours }),
      optimizeForLatency: true,
      hardwareAcceleration: "no-preference",
    });
    this.config = described;
    return this.decoder;
  }

  private open(): VideoDecoder {
    return new VideoDecoder({ output: (frame) => this.take(frame), error: (error) => this.fail(error) });
  }

  private take(frame: VideoFrame): void {
    const { waiting } = this;
    this.waiting = null;
    if (waiting) waiting.resolve(frame);
    else frame.close();
  }

  private fail(error: Error): void {
    this.waiting?.reject(error);
  }
}

/** Takes away the column or row that is not shown: encoded frames have even sides. */
function cropped(frame: VideoFrame, width: number, height: number): VideoFrame {
  if (frame.displayWidth === width && frame.displayHeight === height) return frame;
  try {
    return new VideoFrame(frame, { visibleRect: { x: 0, y: 0, width, height }, timestamp: frame.timestamp });
  } finally {
    frame.close();
  }
}
