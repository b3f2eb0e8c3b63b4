/** Images on the page: the values of components that show them, and what streams into them. */

import type { StillImage } from "../codecs/types.ts";
import { addressOf, marksOf } from "../manifest.ts";
import type { OverlayScript } from "../playback/overlays.ts";
import { Surfaces } from "../playback/surfaces.ts";
import type { View } from "../shell/view.ts";
import { t } from "../words.ts";
import type { ToWorker } from "../workers/port.ts";
import { MarkedStills } from "./marked_stills.ts";
import type { Store } from "./store.ts";

export class Images {
  private readonly store: Store;
  private readonly view: View;
  private readonly post: (message: ToWorker, transfer?: Transferable[]) => void;
  private readonly surfaces: Surfaces;
  private readonly marked: MarkedStills;

  /** `overlay` is the address of the script that draws marks; `failed` is told a sentence for the user. */
  constructor(
    store: Store,
    view: View,
    post: (message: ToWorker, transfer?: Transferable[]) => void,
    overlay: string,
    failed: (message: string) => void,
  ) {
    this.store = store;
    this.post = post;
    this.view = view;
    this.surfaces = new Surfaces((component) => view.surface(component), {
      target: (component, target) => post({ type: "target", component, target }, [target]),
      covered: (component) => post({ type: "covered", component }),
      presented: (component, timestampUs, pageUs, scale) =>
        post({ type: "presented", component, timestampUs, pageUs, scale }),
      failed: () => failed(t("An image could not be shown.")),
    });
    this.marked = new MarkedStills({
      script: () => import(/* @vite-ignore */ overlay) as Promise<OverlayScript>,
      show: (component, source, placed) => this.surfaces.show(component, source, placed),
      describe: (component, words) => this.describe(component, words),
    });
  }

  /** The latency is watched, or no longer: the worker measures it, and is told of every frame. */
  watch(on: boolean): void {
    this.surfaces.reportsAll = on;
    this.post({ type: "watch", on });
  }

  /** A stream is about to write to components: those that show frames get a surface. */
  prepare(components: readonly number[]): void {
    for (const component of components) {
      if (this.store.can(component, "shows_frames")) this.surfaces.prepare(component);
    }
  }

  /** The first frame of a stream has arrived. */
  stream(component: number): void {
    this.marked.forget(component);
    this.surfaces.stream(component);
  }

  /** Shows the value of a component, if it is one that shows images. */
  showValue(component: number, value: unknown): void {
    if (!this.store.can(component, "shows_frames")) return;
    const [address, marks] = [addressOf(value), marksOf(value)];
    this.marked.forget(component);
    if (address && marks !== null) this.marked.show(component, address, marks);
    else if (address) this.surfaces.show(component, address, () => this.describe(component, ""));
    else this.surfaces.clear(component);
  }

  /** Says in words what is marked in what a component shows. */
  describe(component: number, words: string): void {
    this.view.surface(component)?.describe(words);
  }

  /** Shows an image that came as a packet, and says when it was on the screen. */
  showStill({ component, mime, data, stream, sequence }: StillImage): void {
    this.marked.forget(component);
    this.surfaces.show(component, new Blob([data], { type: mime }), () => {
      const pageUs = Math.round((performance.timeOrigin + performance.now()) * 1000);
      this.post({ type: "shown", stream, component, sequence, pageUs });
      this.describe(component, "");
    });
  }

  clear(component: number): void {
    this.marked.forget(component);
    this.surfaces.clear(component);
  }

  /** A component is gone. */
  forget(component: number): void {
    this.marked.forget(component);
    this.surfaces.forget(component);
  }
}
