/** Two images that are shown together: neither before both are decoded, and never older ones after newer ones. */

import { t } from "../../words.ts";

export type Side = HTMLImageElement | null;
export type Pair = readonly [before: Side, after: Side];

type Addresses = readonly [before: string | null, after: string | null];

export class PairLoader {
  private wanted: Addresses | null = null;
  private isLoading = false;
  private readonly known = new Map<string, HTMLImageElement>();
  private readonly ready: (pair: Pair, problem: string) => void;

  /** `ready` gets the images, and a sentence for the user if one of them cannot be shown. */
  constructor(ready: (pair: Pair, problem: string) => void) {
    this.ready = ready;
  }

  /** Shows images as soon as they are there. While some are loaded, only the newest that were asked for wait. */
  async load(addresses: Addresses): Promise<void> {
    this.wanted = addresses;
    if (this.isLoading) return;
    this.isLoading = true;
    while (this.wanted) {
      const next: Addresses = this.wanted;
      this.wanted = null;
      const [before, after] = await Promise.all(next.map((address, side) => this.decoded(address, side)));
      const keys = next.map(keyOf);
      for (const key of this.known.keys()) if (!keys.includes(key)) this.known.delete(key);
      const broken =
        before === undefined ? t("The first image cannot be shown.") : t("The second image cannot be shown.");
      const isBroken = before === undefined || after === undefined;
      this.ready([before ?? null, after ?? null], isBroken ? broken : "");
    }
    this.isLoading = false;
  }

  /** An image that can be drawn; null for none, undefined if it cannot be shown. */
  private async decoded(address: string | null, side: number): Promise<Side | undefined> {
    if (address === null) return null;
    const known = this.known.get(keyOf(address, side));
    if (known) return known;
    const image = new Image();
    image.src = address;
    image.draggable = false;
    try {
      await image.decode();
    } catch {
      return undefined;
    }
    this.known.set(keyOf(address, side), image);
    return image;
  }
}

/** The same image on both sides is two elements. */
const keyOf = (address: string | null, side: number): string => `${side} ${address}`;
