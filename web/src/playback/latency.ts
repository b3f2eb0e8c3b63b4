/** Ages of the frames on the glass, summed up about once a second. Pure. */

const EVERY_US = 1e6;

export class LatencyMeter {
  private readonly report: (medianMs: number, fps: number) => void;
  private ages: number[] = [];
  private sinceUs = 0;

  constructor(report: (medianMs: number, fps: number) => void) {
    this.report = report;
  }

  /** A frame of this age was shown at `nowUs`. */
  add(ageUs: number, nowUs: number): void {
    if (this.ages.length === 0) this.sinceUs = nowUs;
    this.ages.push(ageUs);
    const elapsedUs = nowUs - this.sinceUs;
    if (elapsedUs < EVERY_US) return;
    const sorted = this.ages.sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] as number;
    this.report(median / 1000, ((sorted.length - 1) * 1e6) / elapsedUs);
    this.ages = [];
  }
}
