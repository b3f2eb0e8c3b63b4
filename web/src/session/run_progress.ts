/** The progress of a run as a whole, and its estimated time left. Pure: the clock is passed in. */

import type { AdvanceView } from "../states.ts";
import type { Level } from "../wire/messages.ts";

/** A rate measured over less than this is meaningless. */
const LEAST_S = 1;

/** The completed fraction of the whole; each level is one step of the level around it. Null if unknown. */
export function overall(levels: readonly Level[]): number | null {
  let fraction: number | null = null;
  for (const { fraction: own, length, index } of [...levels].reverse()) {
    if (own === null) continue;
    // A nested loop fills the current step of the loop around it.
    const step: number = length !== null && index !== null && index < length ? (fraction ?? 0) / length : 0;
    fraction = Math.min(1, own + step);
  }
  return fraction;
}

/** Tracks one run, and estimates its end. */
export class RunEstimate {
  private startS = 0;
  private startFraction = 0;
  private last = Number.POSITIVE_INFINITY;

  /** The run is at `levels` now; null if it reports no progress. */
  advance(levels: Level[], nowS: number): AdvanceView | null {
    if (levels.length === 0) return null;
    const fraction = overall(levels);
    return { levels, fraction, leftS: fraction === null ? null : this.left(fraction, nowS) };
  }

  private left(fraction: number, nowS: number): number | null {
    if (fraction < this.last) {
      // Something else began, or started over.
      this.startS = nowS;
      this.startFraction = fraction;
    }
    this.last = fraction;
    const tookS = nowS - this.startS;
    const done = fraction - this.startFraction;
    return tookS < LEAST_S || done <= 0 || fraction >= 1 ? null : ((1 - fraction) * tookS) / done;
  }
}
