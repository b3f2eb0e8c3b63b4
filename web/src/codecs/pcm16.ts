/** Audio on the wire: interleaved little-endian int16 behind a prefix of 16 bytes (docs/internals/protocol.md). */

import type { AudioShape } from "./types.ts";

export const PREFIX_BYTES = 16;

/** Most bytes of samples in one packet: what fits into a message, with room for the header and the prefix. */
export const MAX_AUDIO_BYTES = 2 * 1024 * 1024 - 64;

/** A stretch of interleaved samples, and where it lies. */
export interface Chunk extends AudioShape {
  /** Index of the first sample (of each channel), counted from the opening of the microphone. */
  firstSample: number;
  samples: Int16Array;
}

/** Converts samples in -1..1 to int16; what lies outside is clipped. */
export function toInt16(samples: Float32Array): Int16Array<ArrayBuffer> {
  const result = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    result[i] = Math.max(-32768, Math.min(32767, Math.round((samples[i] as number) * 32768)));
  }
  return result;
}

/** Reads a payload; the samples are a copy. Throws `RangeError` if it is cut off. */
export function decodePcm16(payload: Uint8Array): Chunk {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const firstSample = Number(view.getBigUint64(0, true));
  const samples = new Int16Array(payload.slice(PREFIX_BYTES).buffer);
  return { firstSample, rate: view.getUint32(8, true), channels: view.getUint8(12), samples };
}

export function encodePcm16({ firstSample, rate, channels, samples }: Chunk): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PREFIX_BYTES + samples.byteLength);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(firstSample), true);
  view.setUint32(8, rate, true);
  view.setUint8(12, channels);
  // Every platform with a browser is little-endian, so the samples can be copied as they lie in memory.
  bytes.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), PREFIX_BYTES);
  return bytes;
}
