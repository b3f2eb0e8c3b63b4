/** Audio files, decoded by the browser: the audio that is in them, without what their encoder put around it. */

import { toInt16 } from "../codecs/pcm16.ts";
import { decodable, extentOf } from "./gapless.ts";

/** Every browser knows it. */
const SAFE_RATE_HZ = 48_000;

/** A sample that was int16 is nearer to a whole number than this after it has been a 32-bit float. */
const NEARLY = 0.01;

/** Samples in -1..1, each channel by itself. */
export interface Planes {
  rate: number;
  planes: Float32Array[];
}

/**
 * Decodes a file, which is empty after that; null if it is no audio that the browser knows.
 *
 * At its own rate, so that what begins where another file ends goes on without a seam, or at the given one.
 */
export async function decodeAudio(file: ArrayBuffer, rate?: number): Promise<Planes | null> {
  const bytes = new Uint8Array(file);
  const extent = extentOf(bytes);
  const context = contextAt(rate ?? extent.rate);
  const audio = await context.decodeAudioData(decodable(bytes).buffer).catch(() => null);
  if (!audio) return null;
  const scale = audio.sampleRate / extent.rate;
  // Chromium leaves out what is around the audio in MP3 and Opus by itself: then less is there than the file holds.
  const from = audio.length >= Math.floor(extent.total * scale) ? Math.round(extent.begin * scale) : 0;
  const until = from + Math.round(extent.count * scale);
  const planes = Array.from({ length: audio.numberOfChannels }, (_, channel) => audio.getChannelData(channel));
  return { rate: audio.sampleRate, planes: planes.map((plane) => plane.subarray(from, until)) };
}

/** Brings audio to so many channels: one becomes the mean of all; where there is none the first is heard. */
export function withChannels({ rate, planes }: Planes, channels: number): Planes {
  const first = planes[0] as Float32Array;
  if (channels === planes.length) return { rate, planes };
  if (channels > 1) return { rate, planes: Array.from({ length: channels }, (_, at) => planes[at] ?? first) };
  const sumAt = (at: number): number => planes.reduce((sum, plane) => sum + (plane[at] as number), 0);
  return { rate, planes: [first.map((_, at) => sumAt(at) / planes.length)] };
}

/** The samples of all channels, as they follow each other in a file; what was int16 before it was decoded is so again. */
export function toPcm16({ planes }: Planes): Int16Array<ArrayBuffer> {
  const channels = planes.length;
  // Chromium makes 1 of 32767, others a little less.
  const isFull = planes.every((plane) => plane.every((sample) => sample <= 0 || isWhole(sample * 32767)));
  const scale = isFull ? 32767 / 32768 : 1;
  const samples = new Float32Array((planes[0]?.length ?? 0) * channels);
  planes.forEach((plane, channel) => {
    for (let at = 0; at < plane.length; at++) {
      const sample = plane[at] as number;
      samples[at * channels + channel] = sample > 0 ? sample * scale : sample;
    }
  });
  return toInt16(samples);
}

const isWhole = (value: number): boolean => Math.abs(value - Math.round(value)) < NEARLY;

function contextAt(rate: number): OfflineAudioContext {
  try {
    return new OfflineAudioContext(1, 1, rate);
  } catch {
    return new OfflineAudioContext(1, 1, SAFE_RATE_HZ); // beyond what the browser takes
  }
}
