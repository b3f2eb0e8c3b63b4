/** Lays a microphone's count of samples onto the page's clock. Pure, the clock is passed in. */

/** The earliest arrival of one to two such spans counts: enough blocks to find a prompt one, too few to drift apart. */
const SPAN_US = 2_000_000;

/**
 * When samples were captured, by the page's clock.
 *
 * A block is never early, but often late: threads are busy. So the microphone's clock is where the earliest block of the
 * last seconds says it is; a line through the lower edge of the arrivals, as NTP filters delays. Old arrivals are
 * forgotten: two clocks that drift apart by 100 parts in a million differ by less than half a millisecond then, and a gap
 * in the audio is made up for as soon.
 */
export class SampleClock {
  private readonly rate: number;
  private readonly latencyUs: number;
  private samples = 0;
  /** Where sample 0 would lie, by the earliest block of this span and of the one before. */
  private least = Number.POSITIVE_INFINITY;
  private before = Number.POSITIVE_INFINITY;
  private beganUs: number | null = null;

  /** `rate` in samples a second; `latencyS` is what the device is known to take before it hands samples on. */
  constructor(rate: number, latencyS = 0) {
    this.rate = rate;
    this.latencyUs = latencyS * 1e6;
  }

  /** A block of `count` samples (of each channel) is complete at `nowUs`: the time of its first sample. */
  startOf(count: number, nowUs: number): number {
    const startUs = (this.samples / this.rate) * 1e6;
    this.samples += count;
    const zeroUs = nowUs - (this.samples / this.rate) * 1e6;
    if (this.beganUs === null || nowUs - this.beganUs >= SPAN_US) {
      this.before = this.least;
      this.least = zeroUs;
      this.beganUs = nowUs;
    } else this.least = Math.min(this.least, zeroUs);
    return Math.round(Math.min(this.before, this.least) + startUs - this.latencyUs);
  }
}
