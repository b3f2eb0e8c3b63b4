/** The jitter buffer between audio as it comes and the loudspeaker: every sample once and in order, gaps without a click. Pure. */

/** The delay of a chunk that is not heard: so much is gathered beyond one chunk before the first sample is played. */
export const FIRST_S = 0.06;

/** After each gap twice as much is gathered, up to this. Who is silent for longer has paused, and was not late. */
const MOST_S = 0.5;

/** After so long without a gap half as much will do for the next time. */
const CALM_S = 20;

/** Audio in real time is late by what waits here: what is always there for so long, and not needed, is too much. */
const WINDOW_S = 1;

/** So much more than is needed is tolerated. */
const SPARE_S = 0.03;

/** Silence that may be left out to be less late: 50 dB below full scale. */
const SILENCE = 0.003;

/** The time in which the last sample fades when audio fails to come, and the next rises. */
const FADE_S = 0.002;

export class JitterBuffer {
  private readonly channels: number;
  private readonly rate: number;
  private readonly blocks: Int16Array[] = [];
  /** Frames of the first block that are gone. */
  private offset = 0;
  private frames = 0;
  /** Frames of the longest block: the next one may be as long in coming. */
  private longest = 0;
  private isEnded = false;
  private isGathering = true;
  /** Frames of silence since there has been something to play. */
  private waited = 0;
  /** Frames of silence since the last audio: before the first one it is nothing to speak of. */
  private silent = Number.POSITIVE_INFINITY;
  /** Frames since the last gap. */
  private calm = 0;
  private target: number;
  /** The last sample of each channel, to fade from. */
  private readonly tail: Float32Array;
  private isQuiet = true;
  /** True if it comes in real time: silence may be left out then, to be less late. */
  isLive = false;
  /** The fewest frames that have waited in this window, and how long it is open. */
  private least = Number.POSITIVE_INFINITY;
  private watched = 0;
  /** Frames of silence to leave out. */
  private spare = 0;
  /** The frames since a gap over which the audio rises; at the beginning it is at full level. */
  private risen = Number.POSITIVE_INFINITY;
  /** Frames that were heard, or skipped. */
  played = 0;
  /** Times that audio failed to come. */
  gaps = 0;

  constructor(rate: number, channels: number) {
    this.rate = rate;
    this.channels = channels;
    this.target = FIRST_S * rate;
    this.tail = new Float32Array(channels);
  }

  /** True if everything was heard, nothing follows, and the last of it has died away. */
  get isOver(): boolean {
    return this.isEnded && this.frames === 0 && this.isQuiet;
  }

  /** Takes interleaved samples. */
  push(block: Int16Array): void {
    if (block.length === 0) return;
    const frames = block.length / this.channels;
    this.blocks.push(block);
    this.frames += frames;
    this.longest = Math.max(this.longest, frames);
  }

  /** Nothing follows: what is there is played at once. */
  end(): void {
    this.isEnded = true;
  }

  /** Drops everything that waits: it is not heard, and the last sample dies away. */
  drop(): void {
    this.blocks.length = this.frames = this.offset = 0;
  }

  /** Skips everything that waits, which is too old: what comes next is heard instead, and gathered as at the beginning. */
  skip(): void {
    this.played += this.frames;
    this.drop();
    this.gather();
    this.silent = Number.POSITIVE_INFINITY;
  }

  /** Fills `output`, one array for each channel, all of one length; with silence where there is nothing to play. */
  pull(output: Float32Array[]): void {
    const wanted = output[0]?.length ?? 0;
    if (this.isGathering && !this.isReady(wanted)) {
      this.fade(output, 0, wanted);
      return;
    }
    const count = Math.min(wanted, this.frames);
    this.copy(output, count);
    if (this.isLive) this.catchUp(output, wanted);
    this.fade(output, count, wanted);
    this.calm += count;
    if (count === wanted || this.isEnded) return;
    this.silent = wanted - count;
    this.gather();
  }

  /**
   * A source in real time gives one chunk in the time that the chunk lasts: the first is held back for as long as the
   * next may be late. One that is faster gives the next at once, and nothing is waited for.
   */
  private isReady(wanted: number): boolean {
    if (this.frames === 0) {
      this.silent += wanted;
      return false;
    }
    if (this.waited === 0 && this.silent <= MOST_S * this.rate) this.noteGap();
    const isEnough = this.frames >= this.target + this.longest || this.waited >= this.target;
    this.waited += wanted;
    this.isGathering = !(this.isEnded || isEnough);
    return !this.isGathering;
  }

  private gather(): void {
    this.isGathering = true;
    this.waited = 0;
    this.risen = 0;
    this.least = Number.POSITIVE_INFINITY;
    this.watched = this.spare = 0;
  }

  /** Leaves out silence as long as more waits than is needed: after a loudspeaker that opened late, or a late chunk. */
  private catchUp(output: Float32Array[], wanted: number): void {
    while (this.spare >= wanted && this.frames >= wanted && output.every(isSilent)) {
      this.spare -= wanted;
      this.copy(output, wanted);
    }
    this.least = Math.min(this.least, this.frames);
    this.watched += wanted;
    if (this.watched < WINDOW_S * this.rate) return;
    const excess = this.least - this.target;
    this.spare = excess > SPARE_S * this.rate ? excess : 0;
    this.watched = 0;
    this.least = Number.POSITIVE_INFINITY;
  }

  /** Audio came too late: from now on more is gathered, or less if that was long ago. */
  private noteGap(): void {
    this.gaps++;
    const isCalm = this.calm > CALM_S * this.rate;
    this.target = isCalm
      ? Math.max(FIRST_S * this.rate, this.target / 2)
      : Math.min(MOST_S * this.rate, this.target * 2);
    this.calm = 0;
    this.silent = Number.POSITIVE_INFINITY;
  }

  private copy(output: Float32Array[], count: number): void {
    const { channels } = this;
    const rise = FADE_S * this.rate;
    for (let at = 0; at < count; at++) {
      const block = this.blocks[0] as Int16Array;
      const gain = this.risen < rise ? this.risen++ / rise : 1;
      for (let channel = 0; channel < channels; channel++) {
        const value = ((block[this.offset * channels + channel] as number) / 32768) * gain;
        (output[channel] as Float32Array)[at] = value;
        this.tail[channel] = value;
      }
      this.offset++;
      if (this.offset * channels >= block.length) {
        this.blocks.shift();
        this.offset = 0;
      }
    }
    this.frames -= count;
    this.played += count;
    if (count > 0) this.isQuiet = false;
  }

  /** Lets what was heard last die away, from frame `from` on: to fall silent at once would be heard as a click. */
  private fade(output: Float32Array[], from: number, to: number): void {
    if (from === to) return;
    const decay = Math.exp(-4 / (FADE_S * this.rate));
    this.isQuiet = true;
    for (let channel = 0; channel < this.channels; channel++) {
      let value = this.tail[channel] as number;
      const samples = output[channel] as Float32Array;
      for (let at = from; at < to; at++) {
        value = Math.abs(value) < 1e-5 ? 0 : value * decay;
        samples[at] = value;
      }
      this.tail[channel] = value;
      this.isQuiet &&= value === 0;
    }
  }
}

function isSilent(samples: Float32Array): boolean {
  return samples.every((sample) => Math.abs(sample) < SILENCE);
}
