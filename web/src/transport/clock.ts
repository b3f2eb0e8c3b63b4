/** The page's clock, and the server's as seen from it. */

/**
 * Now, in whole microseconds of the page's clock.
 *
 * A worker and its page have different `timeOrigin`s; the sum is the same clock in both.
 */
export function pageUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

const KEPT = 8;

/** Compares the clocks from round trips; the shortest of the last 8 wins, since its error is at most half of it. Pure. */
export class ClockComparison {
  private readonly samples: { offsetUs: number; roundTripUs: number }[] = [];

  /** A message left at `sentUs`, was stamped `serverUs` by the server, and its answer is here at `nowUs`. */
  add(sentUs: number, serverUs: number, nowUs: number): void {
    const roundTripUs = Math.max(0, nowUs - sentUs);
    this.samples.push({ offsetUs: serverUs - sentUs - roundTripUs / 2, roundTripUs });
    if (this.samples.length > KEPT) this.samples.shift();
  }

  /** Forgets everything: another server, another clock. */
  clear(): void {
    this.samples.length = 0;
  }

  /** The shortest recent round trip in microseconds; null before the first. */
  get roundTripUs(): number | null {
    return this.best?.roundTripUs ?? null;
  }

  /** The page's time at which the server's clock shows `serverUs`; it is taken as it is before the first comparison. */
  toPageUs(serverUs: number): number {
    return Math.round(serverUs - (this.best?.offsetUs ?? 0));
  }

  private get best(): { offsetUs: number; roundTripUs: number } | undefined {
    return this.samples.reduce<(typeof this.samples)[number] | undefined>(
      (best, sample) => (best && best.roundTripUs <= sample.roundTripUs ? best : sample),
      undefined,
    );
  }
}
