/** The decoder of codecs whose every packet is an image file: the browser knows them all. */

import type { Packet } from "../wire/packet.ts";
import type { FrameDecoder } from "./codec.ts";
import type { DisplayFrame } from "./types.ts";

export class ImageFileDecoder implements FrameDecoder {
  private readonly mime: string;

  /** `mime` is the type of the files, as browsers name it. */
  constructor(mime: string) {
    this.mime = mime;
  }

  async decode(packet: Packet, timestampUs: number): Promise<DisplayFrame> {
    const frame = await this.open(packet.payload);
    if (typeof VideoFrame === "undefined") return frame;
    try {
      return frame instanceof VideoFrame
        ? await stamp(frame, timestampUs)
        : new VideoFrame(frame, { timestamp: timestampUs });
    } finally {
      frame.close();
    }
  }

  close(): void {}

  private async open(data: Uint8Array): Promise<DisplayFrame> {
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
