/** Timestamps of the frames of live outputs. */

/**
 * Chromium takes the time between the last two frames of a `<video>` for its frame rate, and refreshes a page on which
 * only videos change no more often than the fastest of them needs (`FrameIntervalDecider` in its `viz`). Frames of a
 * camera with 30 frames per second are now a little less than two refreshes of a 60 Hz screen apart, now a little more:
 * the page was refreshed 60 or 30 times a second by turns, and a frame that had just missed a refresh waited for up to
 * 33 ms. A live frame is to be seen at once, whatever the rate of its stream: its timestamp asks for 120 Hz.
 */
const STEP_US = 8333;

/** The timestamps of each output, which only have to rise. They do not follow any clock. */
export class Timestamps {
  private readonly last = new Map<number, number>();

  /** The timestamp of the next frame of a component, in microseconds. */
  next(component: number): number {
    // Counted for each component: with several outputs, those of one would be further apart than a step.
    const next = (this.last.get(component) ?? 0) + STEP_US;
    this.last.set(component, next);
    return next;
  }
}
