/** Image files with marks drawn on them, anew where they are shown at another size: captions keep theirs on the screen. */

import type { OverlayScript } from "../playback/overlays.ts";
import type { StillSource } from "../playback/surfaces.ts";

/** A difference of sizes that nobody notices. */
const ALIKE = 1.15;

export interface MarkedStillsEvents {
  /** Loads the script that draws. */
  script(): Promise<OverlayScript>;
  /** Shows an image, as soon as it is decoded; `placed` gets it when it is in the page. */
  show(component: number, source: StillSource, placed: (image: HTMLImageElement) => void): void;
  /** Says in words what is marked. */
  describe(component: number, words: string): void;
}

/** An image file and its packed marks. */
type Marked = () => Promise<[Blob, Uint8Array]>;

export class MarkedStills {
  private readonly events: MarkedStillsEvents;
  private readonly watches = new Map<number, ResizeObserver>();
  /** The number of what a component shows. */
  private readonly shown = new Map<number, number>();
  private count = 0;

  constructor(events: MarkedStillsEvents) {
    this.events = events;
  }

  /** Shows the image of an address with packed marks (base64); without them if they cannot be drawn. */
  show(component: number, address: string, marks: string): void {
    this.forget(component);
    this.shown.set(component, ++this.count);
    const read: Marked = async () => {
      const [file, packed] = await Promise.all([fetch(address), fetch(`data:;base64,${marks}`)]);
      return [await file.blob(), new Uint8Array(await packed.arrayBuffer())];
    };
    this.draw(component, address, read, 0);
  }

  /** A component shows something else, or is gone. */
  forget(component: number): void {
    this.watches.get(component)?.disconnect();
    this.watches.delete(component);
    this.shown.delete(component);
  }

  /** `scale`: pixels of the page for one of the image; 0 as long as that is not known. */
  private draw(component: number, address: string, read: Marked, scale: number): void {
    const number = this.shown.get(component);
    let words = "";
    const drawn = async (): Promise<Blob | string> => {
      try {
        const { markStill } = await this.events.script();
        const still = await markStill(...(await read()), scale);
        words = still.words;
        return still.image;
      } catch {
        return address;
      }
    };
    this.events.show(component, drawn(), (image) => {
      this.events.describe(component, words);
      if (words && this.shown.get(component) === number)
        this.watch(component, image, scale, (next) => this.draw(component, address, read, next));
    });
  }

  private watch(component: number, image: HTMLImageElement, drawn: number, again: (scale: number) => void): void {
    this.watches.get(component)?.disconnect();
    const observer = new ResizeObserver(() => {
      const scale = Math.min(image.clientWidth / image.naturalWidth, image.clientHeight / image.naturalHeight);
      const isAlike = drawn > 0 && scale < drawn * ALIKE && drawn < scale * ALIKE;
      if (!(scale > 0) || isAlike) return; // hidden, or as it was drawn
      observer.disconnect();
      again(scale);
    });
    this.watches.set(component, observer);
    observer.observe(image);
  }
}
