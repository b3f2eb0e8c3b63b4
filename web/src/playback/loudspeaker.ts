/** Plays what comes through a port of its own, and says how far it is: in the audio thread, or wherever it is asked to. */

import { JitterBuffer } from "./jitter.ts";

/** The interval at which it reports its position. */
const REPORT_S = 0.05;

/** Samples to play, that they come in real time, that nothing follows, that what is there is too old, or that nothing more is wanted. */
export type ToSpeaker = Int16Array | "live" | "end" | "skip" | "cut";

export class Loudspeaker {
  private readonly buffer: JitterBuffer;
  private readonly reportFrames: number;
  private source: MessagePort | null = null;
  private frames = 0;
  private peak = 0;
  private squares = 0;

  /** `rate` and `channels` are those of the audio, `playedRate` is that of what is filled. */
  constructor(rate: number, channels: number, playedRate: number) {
    this.buffer = new JitterBuffer(rate, channels);
    this.reportFrames = REPORT_S * playedRate;
  }

  attach(source: MessagePort): void {
    this.source = source;
    source.onmessage = ({ data }: MessageEvent<ToSpeaker>) => this.take(data);
  }

  /** Fills the next stretch, an array for each channel; false when there is nothing more to be played. */
  fill(output: Float32Array[]): boolean {
    if (!output[0]) return true;
    this.buffer.pull(output);
    this.measure(output[0]);
    const { isOver } = this.buffer;
    if (isOver || this.frames >= this.reportFrames) this.report(isOver);
    return !isOver;
  }

  private take(message: ToSpeaker): void {
    if (message === "end") this.buffer.end();
    else if (message === "live") this.buffer.isLive = true;
    else if (message === "skip") this.buffer.skip();
    else if (message === "cut") this.cut();
    else this.buffer.push(message);
  }

  /** Falls silent within a few milliseconds; says at once where that was, for a context that is suspended never gets on. */
  private cut(): void {
    this.buffer.drop();
    this.buffer.end();
    this.report(true);
  }

  private measure(samples: Float32Array): void {
    this.frames += samples.length;
    for (const sample of samples) {
      this.peak = Math.max(this.peak, Math.abs(sample));
      this.squares += sample * sample;
    }
  }

  private report(isOver: boolean): void {
    const level = { rms: Math.sqrt(this.squares / Math.max(this.frames, 1)), peak: this.peak };
    this.source?.postMessage({ played: this.buffer.played, gaps: this.buffer.gaps, level, isOver });
    this.frames = this.peak = this.squares = 0;
  }
}
