/** Puts the outputs of one call together again: values first, then its frames, the last flagged. Pure. */

import type { Props } from "../manifest.ts";
import type { Outputs } from "../wire/messages.ts";
import type { Packet } from "../wire/packet.ts";
import { isLast } from "../wire/packet.ts";

/** All that one result of a call changes in the page. */
export interface Result {
  /** Counts results in the order in which they were announced: a later one is newer. */
  order: number;
  /** The server's number of the message; 0 for frames that came unannounced. */
  seq: number;
  call: number;
  stream: number;
  run: number;
  /** The last control message of the page that the server had acted upon; Infinity for frames that came unannounced. */
  seen: number;
  updates: { [component: string]: Props };
  packets: Packet[];
}

export class Results {
  private readonly open = new Map<string, Result>();
  private count = 0;

  /** An `outputs` message arrived; the result, if no frame belongs to it. */
  announce({ seq = 0, call, stream, run, seen, packets, updates }: Outputs & { seq?: number }): Result | null {
    const result = { order: ++this.count, seq, call, stream, run, seen, updates, packets: [] };
    if (packets === 0) return result;
    this.open.set(keyOf(stream, call), result);
    return null;
  }

  /** A frame arrived; the result that it completes, or null. */
  add(packet: Packet): Result | null {
    const { call, stream } = packet;
    const key = keyOf(stream, call);
    const result = this.open.get(key) ?? this.unannounced(call, stream);
    result.packets.push(packet);
    if (isLast(packet)) this.open.delete(key);
    else this.open.set(key, result);
    return isLast(packet) ? result : null;
  }

  /** The link was lost, and frames are not sent again: gives the results that are half here, as they are. */
  interrupt(): Result[] {
    const halves = [...this.open.values()];
    this.open.clear();
    return halves;
  }

  /** The session is over; what is half here will never be whole. */
  clear(): void {
    this.open.clear();
  }

  private unannounced(call: number, stream: number): Result {
    return { order: ++this.count, seq: 0, call, stream, run: 0, seen: Infinity, updates: {}, packets: [] };
  }
}

const keyOf = (stream: number, call: number): string => `${stream}/${call}`;
