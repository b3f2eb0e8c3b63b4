/** The audio of one stream that the server has not taken yet: cut into exact chunks, joined when behind. Pure. */

import type { Chunk } from "../codecs/pcm16.ts";
import { MAX_AUDIO_BYTES } from "../codecs/pcm16.ts";

/** Most that one stream may hold back, whatever its `max_backlog` in seconds says. */
const MAX_BACKLOG_BYTES = 64 * 1024 * 1024;

/** `stream_every=0` means this, for audio. */
const SHORTEST_CHUNK_S = 0.01;

export interface BacklogOptions {
  rate: number;
  channels: number;
  everyS: number;
  keep: "latest" | "all";
  maxBacklogS: number;
}

/** A stretch ready to be sent, with the page's time of its first sample. */
export interface TimedChunk extends Chunk {
  capturedUs: number;
}

interface Block {
  samples: Int16Array;
  capturedUs: number;
}

export class Backlog {
  /** Samples (of each channel) in a chunk. */
  readonly chunk: number;
  private readonly options: BacklogOptions;
  private readonly mostSamples: number;
  private readonly joined: number;
  private blocks: Block[] = [];
  /** Samples waiting, and the index of the first of them: an unbroken count over all slots. */
  private waiting = 0;
  private first = 0;

  constructor(options: BacklogOptions) {
    this.options = options;
    this.chunk = Math.max(1, rounded((options.everyS || SHORTEST_CHUNK_S) * options.rate));
    const frameBytes = 2 * options.channels;
    const mostBytes = Math.floor(MAX_BACKLOG_BYTES / frameBytes);
    this.mostSamples = Math.max(this.chunk, Math.min(Math.round(options.maxBacklogS * options.rate), mostBytes));
    const fitting = Math.floor(MAX_AUDIO_BYTES / frameBytes);
    this.joined = Math.max(this.chunk, fitting - (fitting % this.chunk));
  }

  /** True if a whole chunk waits. */
  get isReady(): boolean {
    return this.waiting >= this.chunk;
  }

  /** Samples of the chunk that is not complete yet. */
  get begun(): number {
    return this.waiting % this.chunk;
  }

  /** The seconds that wait. */
  get seconds(): number {
    return this.waiting / this.options.rate;
  }

  /** True if more waits than `max_backlog` allows; never with `keep="latest"`. */
  get isOver(): boolean {
    return this.whole > this.mostSamples;
  }

  /** Takes interleaved samples; with `keep="latest"` only the newest whole chunk goes on waiting. */
  push(samples: Int16Array, capturedUs: number): void {
    if (samples.length > 0) this.blocks.push({ samples, capturedUs });
    this.waiting += samples.length / this.options.channels;
    if (this.options.keep === "latest" && this.whole > this.chunk) this.take(this.whole - this.chunk);
  }

  /** Takes all whole chunks that wait, joined, as far as they fit into one packet; null if there is none. */
  takeChunks(): TimedChunk | null {
    return this.isReady ? this.take(Math.min(this.whole, this.joined)) : null;
  }

  /** Takes everything, in as few stretches as possible; the last may hold any number of samples, none at all too. */
  flush(): TimedChunk[] {
    const stretches = [];
    do stretches.push(this.take(Math.min(this.waiting, this.joined)));
    while (this.waiting > 0);
    return stretches;
  }

  /** Samples in whole chunks. */
  private get whole(): number {
    return this.waiting - (this.waiting % this.chunk);
  }

  private take(count: number): TimedChunk {
    const { rate, channels } = this.options;
    const samples = new Int16Array(count * channels);
    const stretch = { firstSample: this.first, rate, channels, samples, capturedUs: this.blocks[0]?.capturedUs ?? 0 };
    let filled = 0;
    while (filled < samples.length) {
      const block = this.blocks[0] as Block;
      const part = block.samples.subarray(0, samples.length - filled);
      samples.set(part, filled);
      filled += part.length;
      if (part.length === block.samples.length) this.blocks.shift();
      else {
        block.samples = block.samples.subarray(part.length);
        block.capturedUs += Math.round((part.length / channels / rate) * 1e6);
      }
    }
    this.waiting -= count;
    this.first += count;
    return stretch;
  }
}

/** Halves go to the even neighbour, as Python's `round` has it: the handler counts with that. */
function rounded(value: number): number {
  const whole = Math.round(value);
  return whole - value === 0.5 && whole % 2 === 1 ? whole - 1 : whole;
}
