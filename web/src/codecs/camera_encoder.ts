/** Has the frames of one camera encoded as they are, if that can be; mirrored ones by their planes. */

import type { EncoderRate, FrameForm } from "./codec.ts";
import { mirroredFrame, mirrorsPlanes } from "./mirror.ts";
import type { CameraFrame } from "./types.ts";
import type { EncodedChunk, VideoFrameEncoder } from "./video_encoder.ts";

/** Opens a canvas that frames can be drawn on. */
export type OpenCanvas = () => { draw(frame: CameraFrame, form: FrameForm): OffscreenCanvas };

export class CameraEncoder {
  private readonly encoder: VideoFrameEncoder;
  private readonly openCanvas: OpenCanvas;
  private canvas: ReturnType<OpenCanvas> | null = null;
  private isClosed = false;

  constructor(encoder: VideoFrameEncoder, openCanvas: OpenCanvas) {
    this.encoder = encoder;
    this.openCanvas = openCanvas;
  }

  async encode(frame: VideoFrame, form: FrameForm, isKey: boolean, rate: EncoderRate): Promise<EncodedChunk | null> {
    const isReady = isUpright(frame) && !form.isMirrored && !form.isScaled;
    const prepared = isReady ? frame : await this.prepared(frame, form);
    try {
      if (this.isClosed) throw new Error("the encoder was closed");
      return await this.encoder.encode(prepared, form, isKey, rate);
    } finally {
      if (prepared !== frame) prepared.close();
    }
  }

  close(): void {
    this.isClosed = true;
    this.encoder.close();
  }

  /** Another frame, with the pixels as they are to be encoded. */
  private async prepared(frame: VideoFrame, form: FrameForm): Promise<VideoFrame> {
    // Encoders should scale by themselves, but not those of every browser do.
    if (isUpright(frame) && !form.isScaled && mirrorsPlanes(frame)) return mirroredFrame(frame);
    this.canvas ??= this.openCanvas();
    return new VideoFrame(this.canvas.draw(frame, form), { timestamp: frame.timestamp });
  }
}

/** False if the frame's pixels are not as they are to be seen, which an encoder does not change. */
function isUpright(frame: VideoFrame): boolean {
  const { rotation = 0, flip = false } = frame as VideoFrame & { rotation?: number; flip?: boolean };
  return rotation === 0 && !flip;
}
