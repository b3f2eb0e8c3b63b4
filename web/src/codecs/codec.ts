/**
 * A codec opens a stateful encoder or decoder for one stream and one direction.
 *
 * JPEG's ignore the state; a codec with key frames and deltas cannot. A codec is a file in this folder; `codecs.ts`
 * knows their numbers.
 */

import type { Packet } from "../wire/packet.ts";

/** Encoded bytes and what the header has to say about them. */
export interface Encoded {
  codec: number;
  flags: number;
  payload: Uint8Array;
}

export interface FrameEncoder {
  /** Encodes what is on the canvas. One call at a time. */
  encode(canvas: OffscreenCanvas): Promise<Encoded>;
  close(): void;
}

export interface FrameDecoder {
  /**
   * Decodes one packet. Calls are made in the order of sequences, one at a time; whoever calls closes the frame.
   * `timestampUs` becomes the frame's timestamp. Null if there is nothing to be shown.
   */
  decode(packet: Packet, timestampUs: number): Promise<VideoFrame | null>;
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
