/** Messages of the worker in order, though some wait for a script that an earlier one needs. */
import type { FromWorker } from "../workers/port.ts";

export class MessagesInOrder {
  private readonly act: (message: FromWorker) => void;
  private readonly load: (message: FromWorker) => Promise<unknown> | null;
  /** Those that wait; null while nothing is being loaded. */
  private held: FromWorker[] | null = null;

  /** `load` gives what has to come before a message can be acted upon; null if nothing has to. */
  constructor(act: (message: FromWorker) => void, load: (message: FromWorker) => Promise<unknown> | null) {
    this.act = act;
    this.load = load;
  }

  take(message: FromWorker): void {
    if (this.held) {
      this.held.push(message);
      return;
    }
    const loading = this.load(message);
    if (!loading) {
      this.act(message);
      return;
    }
    this.held = [];
    void loading.then(() => {
      const held = this.held ?? [];
      this.held = null;
      this.act(message);
      for (const each of held) this.take(each);
    });
  }
}
