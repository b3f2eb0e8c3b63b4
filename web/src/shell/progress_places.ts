/** Where the progress of a run is shown: once for all outputs that the run writes, or where the app wants it. */

import type { RunView } from "../states.ts";

export class ProgressPlaces {
  private readonly chosen = new Map<number, ReadonlySet<number>>();

  /**
   * The components that show the progress of a run, the same for as long as it goes on.
   *
   * The app's own choice, or the largest output that can be seen and shows runs, as no layout does; if there is none, all
   * of them. What the page says by itself (numbers below 0) concerns each of its components.
   */
  of(run: RunView, elementOf: (component: number) => HTMLElement | null): ReadonlySet<number> {
    const { call, outputs, shownOn, state, progress } = run;
    if (call < 0) return new Set(outputs);
    if (progress === "hidden") return new Set();
    if (shownOn) return new Set(shownOn);
    if (outputs.length < 2) return new Set(outputs);
    const chosen = this.chosen.get(call) ?? new Set(largest(outputs, elementOf));
    if (state === "waiting" || state === "running") this.chosen.set(call, chosen);
    else this.chosen.delete(call);
    return chosen;
  }
}

function largest(outputs: readonly number[], elementOf: (component: number) => HTMLElement | null): number[] {
  let [most, found] = [-1, -1];
  for (const output of outputs) {
    const element = elementOf(output);
    if (!element?.checkVisibility?.()) continue;
    const { width, height } = element.getBoundingClientRect();
    if (width * height > most) [most, found] = [width * height, output];
  }
  return most < 0 ? [...outputs] : [found];
}
