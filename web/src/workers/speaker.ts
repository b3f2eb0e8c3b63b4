/** The loudspeaker's end in the audio thread: plays what comes through a port of its own, and says how far it is. */

import { JitterBuffer } from "../playback/jitter.ts";

/** How often it says where it is. */
const REPORT_S = 0.05;

/** Samples to play, that nothing follows, or that the rest is not wanted. */
type ToSpeaker = Int16Array | "end" | "cut";

class Speaker extends AudioWorkletProcessor {
  private readonly buffer: JitterBuffer;
  private source: MessagePort | null = null;
  private isCut = false;
  private frames = 0;
  private peak = 0;
  private squares = 0;

  constructor({ processorOptions }: { processorOptions: { rate: number; channels: number } }) {
    super();
    this.buffer = new JitterBuffer(processorOptions.rate, processorOptions.channels);
    this.port.onmessage = (event: MessageEvent<MessagePort>) => {
      this.source = event.data;
      this.source.onmessage = ({ data }: MessageEvent<ToSpeaker>) => this.take(data);
    };
  }

  private take(message: ToSpeaker): void {
    if (message === "end") this.buffer.end();
    else if (message === "cut") this.isCut = true;
    else this.buffer.push(message);
  }

  process(_inputs: Float32Array[][], [output]: Float32Array[][]): boolean {
    if (this.isCut || !output?.[0]) return !this.isCut;
    this.buffer.pull(output);
    this.measure(output[0]);
    const { isOver } = this.buffer;
    if (isOver || this.frames >= REPORT_S * sampleRate) this.report(isOver);
    return !isOver;
  }

  private measure(samples: Float32Array): void {
    this.frames += samples.length;
    for (const sample of samples) {
      this.peak = Math.max(this.peak, Math.abs(sample));
      this.squares += sample * sample;
    }
  }

  private report(isOver: boolean): void {
    const level = { rms: Math.sqrt(this.squares / this.frames), peak: this.peak };
    this.source?.postMessage({ played: this.buffer.played, gaps: this.buffer.gaps, level, isOver });
    this.frames = this.peak = this.squares = 0;
  }
}

registerProcessor("millstream-speaker", Speaker);
