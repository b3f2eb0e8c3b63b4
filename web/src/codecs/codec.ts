/**
 * A codec opens a stateful encoder or decoder for one stream and one direction.
 *
 * JPEG's ignore the state; a codec with key frames and deltas cannot. A codec is a file in this folder; `codecs.ts`
 * knows their numbers.
 */

import type { Packet } from "../wire/packet.ts";
import type { CameraFrame, DisplayFrame } from "./types.ts";

/** Encoded bytes and what the header has to say about them. */
export interface Encoded {
  codec: number;
  flags: number;
  payload: Uint8Array;
}

/** The rate that an encoder aims at; 0 is the quality that it was opened with, and the camera's rate. */
export interface EncoderRate {
  bitsPerS: number;
  framesPerS: number;
}

/** The form in which a camera's frame is sent: its size in pixels, and what that takes. */
export interface FrameForm {
  width: number;
  height: number;
  isMirrored: boolean;
  isScaled: boolean;
}

export interface FrameEncoder {
  /**
   * Encodes a frame of a camera in this form, as that of `timestampUs`; null if the encoder left it out to keep its
   * rate. One call at a time. The frame may be closed as soon as this has returned.
   */
  encode(frame: CameraFrame, form: FrameForm, timestampUs: number): Promise<Encoded | null>;
  /** Aims at a rate from the next frame on. */
  configure(rate: EncoderRate): void;
  /** The next frame is a key frame. */
  requestKeyFrame(): void;
  close(): void;
}

export interface FrameDecoder {
  /**
   * Decodes one packet. Calls are made in the order of sequences, one at a time; whoever calls closes the frame.
   * `timestampUs` becomes the frame's timestamp, unless it is a bitmap. Null if there is nothing to be shown.
   */
  decode(packet: Packet, timestampUs: number): Promise<DisplayFrame | null>;
  close(): void;
}

export interface FrameCodec {
  /** MIME type under which a single packet is a file; null if it is not. */
  readonly mime: string | null;
  /** Opens the decoder of one component in one stream. */
  openDecoder(): FrameDecoder;
  /** Opens the encoder of one camera, `quality` in 0..1; left out where the page only decodes. */
  openEncoder?(quality: number): FrameEncoder;
}
