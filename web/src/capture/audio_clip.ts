/** A recording that is not streamed: collects a microphone's samples and makes a WAV file of them. */

import { toInt16 } from "../codecs/pcm16.ts";
import type { AudioBlock, AudioLevel } from "../codecs/types.ts";
import { Resampler } from "../media/resample.ts";
import { wavHeader } from "../media/wav_header.ts";
import { Meter } from "./audio_uplink.ts";
import type { Microphone } from "./microphone.ts";

/** A longer recording ends by itself: about ten minutes of mono at 48 kHz. */
const MAX_CLIP_BYTES = 64 * 1024 * 1024;

const LEVELS_PER_S = 20;

export class AudioClip {
  private readonly rate: number;
  private readonly channels: number;
  private readonly mostBytes: number;
  private readonly report: (level: AudioLevel) => void;
  private readonly full: () => void;
  private readonly blocks: Int16Array[] = [];
  private microphone: Microphone;
  private bytes = 0;

  /** Starts at once; keeps at most `longestS` seconds. `full` is called when no more fits. */
  constructor(microphone: Microphone, longestS: number, report: (level: AudioLevel) => void, full: () => void) {
    this.microphone = microphone;
    this.rate = microphone.format.deviceRate;
    this.channels = microphone.format.channels;
    this.mostBytes = Math.min(MAX_CLIP_BYTES, Math.floor(longestS * this.rate) * this.sampleBytes);
    this.report = report;
    this.full = full;
    this.listen();
  }

  /** Another microphone, of as many channels, goes on with the same recording. */
  change(microphone: Microphone): void {
    this.microphone.port.close();
    this.microphone = microphone;
    this.listen();
  }

  /** Ends the recording; null if there is not one sample. */
  finish(): File | null {
    this.microphone.port.close();
    if (this.bytes === 0) return null;
    const parts = [wavHeader(this.bytes, this.rate, this.channels), ...(this.blocks as Int16Array<ArrayBuffer>[])];
    return new File(parts, "recording.wav", { type: "audio/wav" });
  }

  private get sampleBytes(): number {
    return Int16Array.BYTES_PER_ELEMENT * this.channels;
  }

  private listen(): void {
    const { port, format } = this.microphone;
    const { deviceRate } = format;
    const resampler = deviceRate === this.rate ? null : new Resampler(deviceRate, this.rate, this.channels);
    const meter = new Meter(Math.round((deviceRate * this.channels) / LEVELS_PER_S));
    port.onmessage = ({ data }: MessageEvent<AudioBlock>) => {
      const level = meter.add(data);
      if (level) this.report(level);
      this.keep(toInt16(resampler ? resampler.push(data) : data));
    };
  }

  private keep(samples: Int16Array): void {
    const fitting = samples.subarray(0, (this.mostBytes - this.bytes) / Int16Array.BYTES_PER_ELEMENT);
    this.blocks.push(fitting);
    this.bytes += fitting.byteLength;
    if (this.bytes >= this.mostBytes) this.full();
  }
}
