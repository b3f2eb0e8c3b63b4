/** A recording that is not streamed: collects a microphone's samples and makes a WAV file of them. */

import { toInt16 } from "../codecs/pcm16.ts";
import { wavHeader } from "../codecs/wav_header.ts";
import type { Level, SoundBlock } from "../workers/port.ts";
import type { Microphone } from "./microphone.ts";
import { Meter } from "./sound_uplink.ts";

/** A longer recording ends by itself: about ten minutes of mono at 48 kHz. */
export const MAX_CLIP_BYTES = 64 * 1024 * 1024;

const LEVELS_PER_S = 20;

export class Clip {
  private readonly microphone: Microphone;
  private readonly blocks: Int16Array[] = [];
  private bytes = 0;

  /** Starts at once; keeps at most `longestS` seconds. `full` is called when no more fits. */
  constructor(microphone: Microphone, longestS: number, report: (level: Level) => void, full: () => void) {
    this.microphone = microphone;
    const { deviceRate, channels } = microphone.format;
    const bytesPerSample = Int16Array.BYTES_PER_ELEMENT * channels;
    const mostBytes = Math.min(MAX_CLIP_BYTES, Math.floor(longestS * deviceRate) * bytesPerSample);
    const meter = new Meter(Math.round((deviceRate * channels) / LEVELS_PER_S));
    microphone.port.onmessage = ({ data }: MessageEvent<SoundBlock>) => {
      const level = meter.add(data);
      if (level) report(level);
      const samples = toInt16(data).subarray(0, (mostBytes - this.bytes) / Int16Array.BYTES_PER_ELEMENT);
      this.blocks.push(samples);
      this.bytes += samples.byteLength;
      if (this.bytes >= mostBytes) full();
    };
  }

  /** Ends the recording; null if there is not one sample. */
  finish(): File | null {
    this.microphone.port.close();
    if (this.bytes === 0) return null;
    const { deviceRate, channels } = this.microphone.format;
    const parts = [wavHeader(this.bytes, deviceRate, channels), ...(this.blocks as Int16Array<ArrayBuffer>[])];
    return new File(parts, "recording.wav", { type: "audio/wav" });
  }
}
