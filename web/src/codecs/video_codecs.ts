/**
 * The video codecs at work: WebCodecs, one frame in and one out.
 *
 * A chunk of the build of its own, which the media worker loads when the first frame is to be encoded or decoded. It
 * imports nothing that is also used without it, so that it needs no other request.
 */

import { CameraEncoder, type OpenCanvas } from "./camera_encoder.ts";
import type { EncoderRate, FrameForm } from "./codec.ts";
import { H264 } from "./h264.ts";
import { VideoFrameDecoder } from "./video_decoder.ts";
import { type EncodedChunk, VideoFrameEncoder } from "./video_encoder.ts";
import type { VideoFormat } from "./video_format.ts";
import { VP8 } from "./vp8.ts";

const FORMATS = { h264: H264, vp8: VP8 } satisfies { [name: string]: VideoFormat };

export type VideoName = keyof typeof FORMATS;

export interface ChunkDecoder {
  /** Decodes a payload; what it builds on was decoded right before. */
  decode(payload: Uint8Array, isKey: boolean, timestampUs: number): Promise<VideoFrame>;
  close(): void;
}

export interface ChunkEncoder {
  /** Encodes a frame, which whoever calls closes; null if the encoder left it out to keep its rate. */
  encode(frame: VideoFrame, form: FrameForm, isKey: boolean, rate: EncoderRate): Promise<EncodedChunk | null>;
  close(): void;
}

export const openDecoder = (name: VideoName): ChunkDecoder => new VideoFrameDecoder(FORMATS[name]);

/** `openCanvas` opens what frames are drawn on that the encoder cannot take as they are. */
export const openEncoder = (name: VideoName, quality: number, openCanvas: OpenCanvas): ChunkEncoder =>
  new CameraEncoder(new VideoFrameEncoder(FORMATS[name], quality), openCanvas);
