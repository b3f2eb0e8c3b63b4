/** JPEG: the one codec that frames of a camera are sent in. */

import { CodecNumber, Flag } from "../wire/packet.ts";
import type { Encoded, FrameCodec, FrameEncoder } from "./codec.ts";
import { ImageFileDecoder } from "./image_file.ts";

const MIME = "image/jpeg";

export const JPEG = {
  mime: MIME,
  openDecoder: () => new ImageFileDecoder(MIME),
  openEncoder: (quality: number) => new JpegEncoder(quality),
} satisfies FrameCodec;

/** Encodes by the canvas itself, which is the fastest JPEG encoder a browser has. */
class JpegEncoder implements FrameEncoder {
  private readonly quality: number;

  constructor(quality: number) {
    this.quality = quality;
  }

  async encode(canvas: OffscreenCanvas): Promise<Encoded> {
    const blob = await canvas.convertToBlob({ type: MIME, quality: this.quality });
    const payload = new Uint8Array(await blob.arrayBuffer());
    return { codec: CodecNumber.JPEG, flags: Flag.KEY | Flag.INDEPENDENT, payload };
  }

  close(): void {}
}
