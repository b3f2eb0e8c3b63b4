/** What stands between sound as it comes and the loudspeaker: every sample once and in order, gaps without a click. Pure. */

/** Sound that is gathered before the first sample is heard, in seconds. */
export const FIRST_S = 0.06;

/** After each gap twice as much is gathered, up to this. */
const MOST_S = 0.5;

/** After so long without a gap half as much will do for the next time. */
const CALM_S = 20;

/** How long the last sample fades when sound fails to come, and the next rises. */
const FADE_S = 0.002;

export class JitterBuffer {
  private readonly channels: number;
  private readonly rate: number;
  private readonly blocks: Int16Array[] = [];
  /** Frames of the first block that are gone. */
  private offset = 0;
  private frames = 0;
  private isEnded = false;
  private isGathering = true;
  /** Frames of silence since there was something to play. */
  private waited = 0;
  /** Frames since the last gap. */
  private calm = 0;
  private target: number;
  /** What was heard last on each channel, to fade from. */
  private readonly tail: Float32Array;
  /** How far the sound has risen after a gap, in frames; at the beginning it is what it is. */
  private risen = Number.POSITIVE_INFINITY;
  /** Frames that were heard. */
  played = 0;
  /** Times that sound failed to come. */
  gaps = 0;

  constructor(rate: number, channels: number) {
    this.rate = rate;
    this.channels = channels;
    this.target = FIRST_S * rate;
    this.tail = new Float32Array(channels);
  }

  /** Whether all was heard, and nothing follows. */
  get isOver(): boolean {
    return this.isEnded && this.frames === 0;
  }

  /** Takes interleaved samples. */
  push(block: Int16Array): void {
    if (block.length === 0) return;
    this.blocks.push(block);
    this.frames += block.length / this.channels;
  }

  /** Nothing follows: what is there is played at once. */
  end(): void {
    this.isEnded = true;
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
    this.fade(output, count, wanted);
    if (count === wanted || this.isEnded) this.calm += wanted;
    else this.noteGap();
  }

  private isReady(wanted: number): boolean {
    if (this.frames === 0) return false;
    const isReady = this.isEnded || this.frames >= this.target || this.waited >= this.target;
    this.waited += wanted;
    this.isGathering = !isReady;
    return isReady;
  }

  private noteGap(): void {
    this.gaps++;
    const isCalm = this.calm > CALM_S * this.rate;
    this.target = isCalm
      ? Math.max(FIRST_S * this.rate, this.target / 2)
      : Math.min(MOST_S * this.rate, this.target * 2);
    this.calm = 0;
    this.waited = 0;
    this.isGathering = true;
    this.risen = 0;
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
  }

  /** Lets what was heard last die away, from frame `from` on: to fall silent at once would be heard as a click. */
  private fade(output: Float32Array[], from: number, to: number): void {
    const decay = Math.exp(-4 / (FADE_S * this.rate));
    for (let channel = 0; channel < this.channels; channel++) {
      let value = this.tail[channel] as number;
      const samples = output[channel] as Float32Array;
      for (let at = from; at < to; at++) {
        value = Math.abs(value) < 1e-5 ? 0 : value * decay;
        samples[at] = value;
      }
      this.tail[channel] = value;
    }
  }
}
