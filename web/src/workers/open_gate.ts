/** The server chooses a camera's codec when its stream opens: until it is known what the browser encodes, that waits. */

import type { ToWorker } from "./port.ts";

/** Lets the page's messages through; those from the first `open` on wait until the gate is opened, in order. */
export class OpenGate {
  private readonly act: (message: ToWorker) => void;
  private held: ToWorker[] | null = [];

  constructor(act: (message: ToWorker) => void) {
    this.act = act;
  }

  get isOpen(): boolean {
    return this.held === null;
  }

  take(message: ToWorker): void {
    if (this.held && (message.type === "open" || this.held.length > 0)) this.held.push(message);
    else this.act(message);
  }

  /** Lets through what waits, and all that comes. */
  open(): void {
    const held = this.held ?? [];
    this.held = null;
    for (const message of held) this.act(message);
  }
}
