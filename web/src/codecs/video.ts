/** The video codecs as the media worker has them from the start: what does the work is loaded when it is used first. */

import { Flag, isKey, type Packet } from "../wire/packet.ts";
import type { Encoded, EncoderRate, FrameCodec, FrameDecoder, FrameEncoder, FrameForm } from "./codec.ts";
import { FrameCanvas } from "./frame_canvas.ts";
import type { CameraFrame } from "./types.ts";
import type { ChunkDecoder, ChunkEncoder, VideoName } from "./video_codecs.ts";

const load = (): Promise<typeof import("./video_codecs.ts")> => import("./video_codecs.ts");

/** The codec with this number on the wire. */
export function lateVideo(codec: number, name: VideoName): FrameCodec {
  return {
    mime: null,
    openDecoder: () => new LateDecoder(name),
    openEncoder: (quality) => new LateEncoder(codec, name, quality),
  };
}

class LateDecoder implements FrameDecoder {
  private readonly name: VideoName;
  private decoder: Promise<ChunkDecoder> | null = null;

  constructor(name: VideoName) {
    this.name = name;
  }

  async decode(packet: Packet, timestampUs: number): Promise<VideoFrame> {
    this.decoder ??= load().then(({ openDecoder }) => openDecoder(this.name));
    const decoder = await this.decoder.catch((error: unknown) => {
      this.decoder = null; // it may load the next time
      throw error;
    });
    return decoder.decode(packet.payload, isKey(packet), timestampUs);
  }

  close(): void {
    this.decoder?.then((decoder) => decoder.close()).catch(() => {});
    this.decoder = null;
  }
}

class LateEncoder implements FrameEncoder {
  private readonly codec: number;
  private readonly name: VideoName;
  private readonly quality: number;
  private encoder: Promise<ChunkEncoder> | null = null;
  private rate: EncoderRate = { bitsPerS: 0, framesPerS: 0 };
  private needsKey = true;

  constructor(codec: number, name: VideoName, quality: number) {
    this.codec = codec;
    this.name = name;
    this.quality = quality;
  }

  async encode(captured: CameraFrame, form: FrameForm, timestampUs: number): Promise<Encoded | null> {
    const frame = new VideoFrame(captured, { timestamp: timestampUs });
    try {
      this.encoder ??= load().then(({ openEncoder }) => openEncoder(this.name, this.quality, () => new FrameCanvas()));
      const encoder = await this.encoder.catch((error: unknown) => {
        this.encoder = null; // it may load the next time
        throw error;
      });
      const wantsKey = this.needsKey;
      this.needsKey = false;
      const encoded = await encoder.encode(frame, form, wantsKey, this.rate);
      if (!encoded) {
        this.needsKey ||= wantsKey;
        return null;
      }
      return { codec: this.codec, flags: encoded.isKey ? Flag.KEY : Flag.NONE, payload: encoded.payload };
    } catch (error) {
      this.needsKey = true;
      throw error;
    } finally {
      frame.close();
    }
  }

  configure(rate: EncoderRate): void {
    this.rate = rate;
  }

  requestKeyFrame(): void {
    this.needsKey = true;
  }

  close(): void {
    this.encoder?.then((encoder) => encoder.close()).catch(() => {});
    this.encoder = null;
  }
}
