/** Inputs on their way to components: files that are being uploaded, recordings that are being finished. Pure. */

/** One thing on its way. */
export interface PendingInput {
  readonly component: number;
  /** The words for it, after "Waiting for": "the upload of cat.png". */
  words: string;
}

export class PendingInputs {
  private readonly coming = new Set<PendingInput>();
  private readonly changed: (component: number, refusal: string) => boolean;

  /**
   * `changed` is called when something new is known of a component; `refusal` says why what was on its way never comes.
   * It returns true if somebody waited for that, who is told.
   */
  constructor(changed: (component: number, refusal: string) => boolean) {
    this.changed = changed;
  }

  begin(component: number, words: string): PendingInput {
    const input = { component, words };
    this.coming.add(input);
    return input;
  }

  /** It goes on, and is called so now. */
  tell(input: PendingInput, words: string): void {
    if (input.words === words) return;
    input.words = words;
    this.changed(input.component, "");
  }

  /** Not all of it will come, for a reason that is told to whoever waits; true if somebody did. */
  fail({ component }: PendingInput, refusal: string): boolean {
    return this.changed(component, refusal);
  }

  /** It is there; or it never will be, for a reason that is told to whoever waited. Harmless if repeated. */
  end(input: PendingInput, refusal = ""): void {
    if (this.coming.delete(input)) this.changed(input.component, refusal);
  }

  /** Names in words what is on its way to one of some components; empty if nothing is. */
  to(components: ReadonlySet<number>): string {
    for (const { component, words } of this.coming) if (components.has(component)) return words;
    return "";
  }
}
