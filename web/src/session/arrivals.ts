/** Arrivals at components: files that are being uploaded, recordings that are being finished. Pure. */

/** One thing on its way. */
export interface Arrival {
  readonly component: number;
  /** The words for it, after "Waiting for": "the upload of cat.png". */
  words: string;
}

export class Arrivals {
  private readonly coming = new Set<Arrival>();
  private readonly changed: (component: number, refusal: string) => void;

  /** `changed` is called when something new is known of a component; `refusal` says why what was on its way never comes. */
  constructor(changed: (component: number, refusal: string) => void) {
    this.changed = changed;
  }

  begin(component: number, words: string): Arrival {
    const arrival = { component, words };
    this.coming.add(arrival);
    return arrival;
  }

  /** It goes on, and is called so now. */
  tell(arrival: Arrival, words: string): void {
    if (arrival.words === words) return;
    arrival.words = words;
    this.changed(arrival.component, "");
  }

  /** It is there; or it never will be, for a reason that is told to whoever waited. Harmless if repeated. */
  end(arrival: Arrival, refusal = ""): void {
    if (this.coming.delete(arrival)) this.changed(arrival.component, refusal);
  }

  /** Names in words what is on its way to one of some components; empty if nothing is. */
  to(components: ReadonlySet<number>): string {
    for (const { component, words } of this.coming) if (components.has(component)) return words;
    return "";
  }
}
