/** Measures the length of a recording over all its slots, and reports when the maximum is reached. */
export class Stopwatch {
  private readonly longestMs: number;
  private readonly over: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pastMs = 0;
  private startedMs = 0;

  /** `over` is called once after `longestS` seconds, not counting those between `pause` and `start`. */
  constructor(longestS: number, over: () => void) {
    this.longestMs = longestS * 1000;
    this.over = over;
  }

  /** Start of an uninterrupted measurement of equal length, in milliseconds of `performance.now()`; 0 while paused. */
  get sinceMs(): number {
    return this.startedMs && this.startedMs - this.pastMs;
  }

  /** Seconds up to the last pause. */
  get pastS(): number {
    return this.pastMs / 1000;
  }

  start(): void {
    if (this.startedMs) return;
    this.startedMs = performance.now();
    if (Number.isFinite(this.longestMs)) {
      this.timer = setTimeout(() => this.over(), Math.max(0, this.longestMs - this.pastMs));
    }
  }

  pause(): void {
    clearTimeout(this.timer);
    if (this.startedMs) this.pastMs += performance.now() - this.startedMs;
    this.startedMs = 0;
  }
}
