/** JPEG: the codec that frames of a camera are sent in unless the server wants another one. */

import { CodecNumber, Flag } from "../wire/packet.ts";
import type { Encoded, EncoderRate, FrameCodec, FrameEncoder, FrameForm } from "./codec.ts";
import { FrameCanvas } from "./frame_canvas.ts";
import { ImageFileDecoder } from "./image_file.ts";
import type { CameraFrame } from "./types.ts";

const MIME = "image/jpeg";

/** Below this quality blocks are all that is seen: a smaller frame is better then. */
const WORST = 0.2;

const CAMERA_HZ = 30;

/** The quality of the next frame, after one of `quality` took `bytes` of `wanted`. Pure. */
export function nextQuality(quality: number, best: number, bytes: number, wanted: number): number {
  // What is lost in bytes with the quality grows faster than its root.
  return Math.min(best, Math.max(Math.min(WORST, best), quality * (wanted / bytes) ** 0.7));
}

export const JPEG = {
  mime: MIME,
  openDecoder: () => new ImageFileDecoder(MIME),
  openEncoder: (quality: number) => new JpegEncoder(quality),
} satisfies FrameCodec;

/** Encodes by the canvas itself, which is the fastest JPEG encoder a browser has. */
class JpegEncoder implements FrameEncoder {
  private readonly canvas = new FrameCanvas();
  private readonly best: number;
  private quality: number;
  private wantedBytes = 0;

  constructor(quality: number) {
    this.best = this.quality = quality;
  }

  async encode(frame: CameraFrame, form: FrameForm): Promise<Encoded> {
    const canvas = this.canvas.draw(frame, form);
    const blob = await canvas.convertToBlob({ type: MIME, quality: this.quality });
    const payload = new Uint8Array(await blob.arrayBuffer());
    if (this.wantedBytes > 0) {
      this.quality = nextQuality(this.quality, this.best, payload.length, this.wantedBytes);
    }
    return { codec: CodecNumber.JPEG, flags: Flag.KEY | Flag.INDEPENDENT, payload };
  }

  configure({ bitsPerS, framesPerS }: EncoderRate): void {
    this.wantedBytes = bitsPerS / 8 / (framesPerS || CAMERA_HZ);
    if (bitsPerS === 0) this.quality = this.best;
  }

  requestKeyFrame(): void {}

  close(): void {}
}
