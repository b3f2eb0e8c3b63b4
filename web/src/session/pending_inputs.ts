/** Inputs on their way to components: files that are being uploaded, recordings that are being finished. Pure. */

/** One thing on its way. */
export interface PendingInput {
  readonly component: number;
  /** Says what is waited for: "Waiting for the upload of cat.png". */
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

  /** It continues, under this name. */
  tell(input: PendingInput, words: string): void {
    if (input.words === words) return;
    input.words = words;
    this.changed(input.component, "");
  }

  /** Part of it will never arrive, for a reason that waiting events show; true if any did. */
  fail({ component }: PendingInput, refusal: string): boolean {
    return this.changed(component, refusal);
  }

  /** It has arrived, or never will, for a reason that waiting events show. Harmless if repeated. */
  end(input: PendingInput, refusal = ""): void {
    if (this.coming.delete(input)) this.changed(input.component, refusal);
  }

  /** Describes what is on its way to any of some components; empty if nothing is. */
  to(components: ReadonlySet<number>): string {
    for (const { component, words } of this.coming) if (components.has(component)) return words;
    return "";
  }
}
