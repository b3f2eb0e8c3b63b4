/** The choice between frames that wait for their marks and frames that run ahead of them. Pure, the times are passed in. */

/** Weight of a new interval in the smoothed one. */
const SMOOTHING = 0.3;

/** Results for so much fewer frames than the camera gives are too few to show only those; and for so many, enough again. */
const SLOW = 1.6;
const FAST = 1.3;

/** After so many frames without a result nothing is waited for. */
const STALLED = 4;

export class Cadence {
  private isAhead = false;
  private intervalUs = 0;
  private sourceUs: number | null = null;
  private arrivedUs = 0;

  /** The result of the frame of `sourceUs` arrived at `nowUs`. */
  arrived(sourceUs: number, nowUs: number): void {
    if (this.sourceUs !== null) {
      const interval = sourceUs - this.sourceUs;
      this.intervalUs += (interval - this.intervalUs) * (this.intervalUs === 0 ? 1 : SMOOTHING);
    }
    this.sourceUs = sourceUs;
    this.arrivedUs = nowUs;
  }

  /** True if the frame of `nowUs` is to be shown at once; the camera's are `cameraUs` apart, 0 while unknown. */
  runsAhead(nowUs: number, cameraUs: number): boolean {
    if (this.sourceUs === null || cameraUs === 0) return false;
    const isStalled = nowUs - this.arrivedUs > STALLED * cameraUs;
    if (isStalled || this.intervalUs > SLOW * cameraUs) this.isAhead = true;
    else if (this.intervalUs < FAST * cameraUs) this.isAhead = false;
    return this.isAhead;
  }
}
