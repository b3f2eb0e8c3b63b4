/** Opus as the server sends it to a narrow link: packets of 20 ms, of which the prefix says which samples are meant. */

import type { Chunk } from "./pcm16.ts";

/** first_sample, sample_rate, channels, a zero byte, skip, count; little-endian. */
const PREFIX_BYTES = 18;

const PACKETS_PER_S = 50;

/** Only a number to put packets into order by. */
const PACKET_US = 1_000_000 / PACKETS_PER_S;

/** True if the browser can decode it. */
export const takesOpus = (): boolean => typeof AudioDecoder !== "undefined";

export interface OpusPart extends Omit<Chunk, "samples"> {
  /** Samples of each channel, at `rate`, that the decoder gives before the first that is meant, and how many are. */
  skip: number;
  count: number;
  data: Uint8Array;
}

/** Reads a payload. Throws `RangeError` if it is cut off. */
export function readOpus(payload: Uint8Array): OpusPart {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return {
    firstSample: Number(view.getBigUint64(0, true)),
    rate: view.getUint32(8, true),
    channels: view.getUint8(12),
    skip: view.getUint16(14, true),
    count: view.getUint16(16, true),
    data: payload.subarray(PREFIX_BYTES),
  };
}

export interface OpusEvents<Tag> {
  decoded(audio: Chunk, tag: Tag): void;
  failed(problem: string): void;
}

/** Decodes one playback, in order; what is given along with a packet comes back with its samples. */
export class OpusVoice<Tag> {
  private readonly events: OpusEvents<Tag>;
  private readonly decoder: AudioDecoder;
  private readonly waiting: { part: OpusPart; tag: Tag }[] = [];
  private count = 0;

  constructor(events: OpusEvents<Tag>) {
    this.events = events;
    this.decoder = new AudioDecoder({
      output: (data) => this.take(data),
      error: ({ message }) => this.fail(message),
    });
  }

  /** True if everything that came is decoded. */
  get isIdle(): boolean {
    return this.waiting.length === 0;
  }

  /** `isFirst`: the server's encoder has begun anew, and so does the decoder. */
  put(part: OpusPart, isFirst: boolean, tag: Tag): void {
    if (this.decoder.state === "closed") return;
    // At the full rate, whatever that of the audio is: not every browser knows another one.
    const config = { codec: "opus", sampleRate: 48_000, numberOfChannels: part.channels };
    if (isFirst) this.decoder.configure(config);
    this.waiting.push({ part, tag });
    const timestamp = this.count++ * PACKET_US;
    this.decoder.decode(new EncodedAudioChunk({ type: "key", timestamp, duration: PACKET_US, data: part.data }));
  }

  close(): void {
    this.waiting.length = 0;
    if (this.decoder.state !== "closed") this.decoder.close();
  }

  private take(data: AudioData): void {
    const next = this.waiting.shift();
    if (next) {
      const samples = chosen(data, next.part);
      if (samples) this.events.decoded({ ...next.part, samples }, next.tag);
      else this.fail(`${data.numberOfFrames} samples at ${data.sampleRate} Hz are not a packet of this audio`);
    }
    data.close();
  }

  private fail(problem: string): void {
    this.close();
    this.events.failed(problem);
  }
}

/** Takes the samples that are meant, at the rate of the audio: in what was encoded at that rate none lies between them. */
function chosen(data: AudioData, { rate, channels, skip, count }: OpusPart): Int16Array | null {
  const step = data.sampleRate / rate;
  if (!Number.isInteger(step) || data.numberOfFrames < (skip + count) * step) return null;
  const samples = new Int16Array(count * channels);
  const plane = new Float32Array(data.numberOfFrames);
  for (let channel = 0; channel < channels; channel++) {
    const planeIndex = Math.min(channel, data.numberOfChannels - 1);
    data.copyTo(plane, { planeIndex, format: "f32-planar" });
    for (let at = 0; at < count; at++) {
      const value = Math.round((plane[(skip + at) * step] as number) * 32768);
      samples[at * channels + channel] = Math.max(-32768, Math.min(32767, value));
    }
  }
  return samples;
}
