/** Codecs whose every packet is an image file: JPEG, PNG and WebP. */

import type { Packet } from "../wire/packet.ts";
import { CodecNumber, Flag } from "../wire/packet.ts";
import type { Encoded, FrameCodec, FrameDecoder, FrameEncoder } from "./codec.ts";

/** A codec by its MIME type. */
export function imageCodec(mime: string): FrameCodec {
  return { mime, openDecoder: () => new ImageFileDecoder(mime) };
}

class ImageFileDecoder implements FrameDecoder {
  private readonly mime: string;

  constructor(mime: string) {
    this.mime = mime;
  }

  async decode(packet: Packet, timestampUs: number): Promise<VideoFrame> {
    const frame = await this.open(packet.payload);
    try {
      return frame instanceof VideoFrame
        ? await stamp(frame, timestampUs)
        : new VideoFrame(frame, { timestamp: timestampUs });
    } finally {
      frame.close();
    }
  }

  close(): void {}

  private async open(data: Uint8Array): Promise<VideoFrame | ImageBitmap> {
    if (typeof ImageDecoder === "undefined") {
      return createImageBitmap(new Blob([data as Uint8Array<ArrayBuffer>], { type: this.mime }));
    }
    const decoder = new ImageDecoder({ data: data as Uint8Array<ArrayBuffer>, type: this.mime });
    try {
      return (await decoder.decode()).image;
    } finally {
      decoder.close();
    }
  }
}

/**
 * Copies a frame under another timestamp.
 *
 * A frame made from another frame answers with the new timestamp, but in Chromium a track goes on to see the old one,
 * which an `ImageDecoder` leaves at 0; a copy costs 0.3 ms for 640x480.
 */
async function stamp(frame: VideoFrame, timestampUs: number): Promise<VideoFrame> {
  const { format, codedWidth, codedHeight, visibleRect, colorSpace } = frame;
  if (format === null) return new VideoFrame(frame, { timestamp: timestampUs });
  const pixels = new Uint8Array(frame.allocationSize());
  const layout = await frame.copyTo(pixels);
  const [width, height] = [visibleRect?.width ?? codedWidth, visibleRect?.height ?? codedHeight];
  const init = { format, layout, colorSpace, codedWidth: width, codedHeight: height, timestamp: timestampUs };
  // `transfer` saves a second copy; TypeScript does not know it yet.
  return new VideoFrame(pixels, { ...init, transfer: [pixels.buffer] } as VideoFrameBufferInit);
}

/** Encodes by the canvas itself, which is the fastest JPEG encoder a browser has. */
export class JpegEncoder implements FrameEncoder {
  private readonly quality: number;

  constructor(quality: number) {
    this.quality = quality;
  }

  async encode(canvas: OffscreenCanvas): Promise<Encoded> {
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: this.quality });
    const payload = new Uint8Array(await blob.arrayBuffer());
    return { codec: CodecNumber.JPEG, flags: Flag.KEY | Flag.INDEPENDENT, payload };
  }

  close(): void {}
}
