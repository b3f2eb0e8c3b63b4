/** Which camera frames a stream takes: those nearest to a grid of `stream_every`. Pure, the clock is passed in. */

/** Weight of a new interval in the smoothed one: settles within a second at 30 frames a second. */
const SMOOTHING = 0.1;

/** The interval at which a camera really delivers. */
export class CameraInterval {
  private last: number | null = null;
  private smoothed = 0;

  /** A frame arrived at `nowUs`, wanted or not. */
  tick(nowUs: number): void {
    if (this.last !== null) {
      const interval = nowUs - this.last;
      this.smoothed += (interval - this.smoothed) * (this.smoothed === 0 ? 1 : SMOOTHING);
    }
    this.last = nowUs;
  }

  /** The smoothed interval in microseconds; 0 while unknown. */
  get us(): number {
    return this.smoothed;
  }
}

export class FramePace {
  private readonly everyUs: number;
  private dueUs: number | null = null;

  /** `everyS` is the mean interval between frames that are taken, in seconds; 0 takes every frame. */
  constructor(everyS: number) {
    this.everyUs = everyS * 1e6;
  }

  /** True if the frame of `nowUs` is the nearest to the time that is due, with frames `intervalUs` apart. */
  isDue(nowUs: number, intervalUs: number): boolean {
    return this.dueUs === null || nowUs >= this.dueUs - Math.min(intervalUs, this.everyUs) / 2;
  }

  /** The frame of `nowUs` is taken. After a stall of a whole interval the grid begins anew at now. */
  take(nowUs: number): void {
    const isStalled = this.dueUs === null || nowUs - this.dueUs >= this.everyUs;
    this.dueUs = (isStalled ? nowUs : (this.dueUs as number)) + this.everyUs;
  }

  /** The next frame is due at `dueUs`, off the grid; if one is due already, that stays so until it is taken. */
  aim(dueUs: number): void {
    if (this.dueUs !== null) this.dueUs = dueUs;
  }

  /** The stream pauses: its next frame is due at once. */
  restart(): void {
    this.dueUs = null;
  }
}
