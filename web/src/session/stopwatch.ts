/** Measures how long a recording has lasted, over all its slots, and tells when that is enough. */
export class Stopwatch {
  private readonly longestMs: number;
  private readonly over: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pastMs = 0;
  private startedMs = 0;

  /** `over` is called once after `longestS` seconds, those between `pause` and `start` not counted. */
  constructor(longestS: number, over: () => void) {
    this.longestMs = longestS * 1000;
    this.over = over;
  }

  /** When it would have to have been started, in milliseconds of `performance.now()`, had it never paused; 0 if it stands. */
  get sinceMs(): number {
    return this.startedMs && this.startedMs - this.pastMs;
  }

  /** Seconds until it was paused last. */
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
