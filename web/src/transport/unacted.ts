/** Control messages of the page that the server may not have acted upon yet: they are sent again if the link is lost. Pure. */

import type { PageMessage } from "../wire/messages.ts";

/** More is not kept, in messages and bytes: the server says soon what it has acted upon. */
const MOST_MESSAGES = 1024;
const MOST_BYTES = 16 * 1024 * 1024;

interface KeptMessage {
  data: Uint8Array<ArrayBuffer>;
  key: string;
}

export class Unacted {
  private readonly kept = new Map<number, KeptMessage>();
  /** The last message of each key since the last event, by its sequence. */
  private readonly latest = new Map<string, number>();
  private bytes = 0;

  /** True if too much was kept: some of it is gone, and the session cannot go on over another link. */
  isBroken = false;

  /** Keeps message `seq`, if it has to arrive. One that says where something is takes the place of the one before. */
  keep(seq: number, message: PageMessage, data: Uint8Array<ArrayBuffer>): void {
    const key = keyOf(message);
    if (key === null) return;
    if (key === "") this.latest.clear();
    else {
      const replaced = this.latest.get(key);
      if (replaced !== undefined) this.remove(replaced);
      this.latest.set(key, seq);
    }
    this.kept.set(seq, { data, key });
    this.bytes += data.length;
    if (this.kept.size <= MOST_MESSAGES && this.bytes <= MOST_BYTES) return;
    this.clear();
    this.isBroken = true;
  }

  /** The server has acted upon everything up to `seen`. */
  settle(seen: number): void {
    for (const seq of this.kept.keys()) {
      if (seq > seen) return;
      this.remove(seq);
    }
  }

  /** All that is to be sent again, in order. */
  get messages(): Uint8Array<ArrayBuffer>[] {
    return [...this.kept.values()].map(({ data }) => data);
  }

  /** Another session: nothing of this counts there. */
  clear(): void {
    this.kept.clear();
    this.latest.clear();
    this.bytes = 0;
    this.isBroken = false;
  }

  private remove(seq: number): void {
    const kept = this.kept.get(seq);
    if (!kept) return;
    this.kept.delete(seq);
    this.bytes -= kept.data.length;
    if (this.latest.get(kept.key) === seq) this.latest.delete(kept.key);
  }
}

/** Null for a message that is said anew anyhow; empty for an event; else of what a message tells the newest state. */
function keyOf(message: PageMessage): string | null {
  const { type } = message;
  if (type === "played") return `${type}/${message.playback}`;
  if (type === "keyframe") return `${type}/${message.stream}/${message.component}`;
  if (type === "visible" || type === "watch") return type;
  return PASSING_BY.has(type) ? null : "";
}

const PASSING_BY: ReadonlySet<PageMessage["type"]> = new Set(["hello", "clock", "ack", "credit", "shown", "bye"]);
