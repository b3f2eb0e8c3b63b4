/** Images on the page: the values of components that show them, and what streams into them. */

import type { StillImage } from "../codecs/types.ts";
import { addressOf } from "../manifest.ts";
import { Surfaces } from "../playback/surfaces.ts";
import type { View } from "../shell/view.ts";
import type { ToWorker } from "../workers/port.ts";
import type { Store } from "./store.ts";

export class Images {
  private readonly store: Store;
  private readonly post: (message: ToWorker, transfer?: Transferable[]) => void;
  private readonly surfaces: Surfaces;

  /** `failed` is told a sentence for the user. */
  constructor(
    store: Store,
    view: View,
    post: (message: ToWorker, transfer?: Transferable[]) => void,
    failed: (message: string) => void,
  ) {
    this.store = store;
    this.post = post;
    this.surfaces = new Surfaces((component) => view.surface(component), {
      target: (component, target) => post({ type: "target", component, target }, [target]),
      covered: (component) => post({ type: "covered", component }),
      presented: (component, timestampUs, pageUs) => post({ type: "presented", component, timestampUs, pageUs }),
      failed: () => failed("An image could not be shown."),
    });
  }

  /** A stream is about to write to components: those that show frames get somewhere to show them. */
  prepare(components: readonly number[]): void {
    for (const component of components) {
      if (this.store.can(component, "shows_frames")) this.surfaces.prepare(component);
    }
  }

  /** The first frame of a stream is there. */
  stream(component: number): void {
    this.surfaces.stream(component);
  }

  /** Shows the value of a component, if it is one that shows images. */
  showValue(component: number, value: unknown): void {
    if (!this.store.can(component, "shows_frames")) return;
    const address = addressOf(value);
    if (address) this.surfaces.show(component, address);
    else this.surfaces.clear(component);
  }

  /** Shows an image that came as a packet, and says when it was on the screen. */
  showStill({ component, mime, data, stream, sequence }: StillImage): void {
    this.surfaces.show(component, new Blob([data], { type: mime }), () => {
      const pageUs = Math.round((performance.timeOrigin + performance.now()) * 1000);
      this.post({ type: "shown", stream, component, sequence, pageUs });
    });
  }

  clear(component: number): void {
    this.surfaces.clear(component);
  }
}
