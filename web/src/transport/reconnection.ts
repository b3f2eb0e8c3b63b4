/** Keeps the page connected: one transport after the other, as `link_states.ts` has it. What the bytes mean is decided in `link.ts`. */

import { retryDelayMs } from "./back_off.ts";
import { follow, type LinkEvent, type LinkState } from "./link_states.ts";
import type { OpenTransport, Transport } from "./transport.ts";

/** A transport that opens within this time, or never. */
const OPEN_TIMEOUT_MS = 10_000;

/** An attempt that has lasted for so long is given up for a new one, when the network has changed. */
const STALE_MS = 1_000;

/** A link that lasted for less is no success: the next wait is longer. */
const STEADY_MS = 1_000;

/** Close codes: the page leaves, and: it gives up this transport, and comes back over another one. */
const LEAVING = 1000;
const COMING_BACK = 4000;

/** Close code of a server: the session goes on over another connection. */
const TAKEN_OVER = 4409;

export interface ReconnectionEvents {
  opened(): void;
  received(data: Uint8Array): void;
  /** The transport is gone; the next one is opened in `retryMs`. */
  lost(retryMs: number): void;
  /** The transport is gone, and there will be no other: another page has come back to the session. */
  replaced(): void;
}

export class Reconnection {
  state: LinkState = "idle";
  private readonly url: string;
  private readonly open: OpenTransport;
  private readonly events: ReconnectionEvents;
  private transport: Transport | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  /** When the current state was entered, in milliseconds of `performance.now()`. */
  private sinceMs = 0;

  constructor(url: string, open: OpenTransport, events: ReconnectionEvents) {
    this.url = url;
    this.open = open;
    this.events = events;
  }

  /** Connects at once, whatever it has waited for so far; an attempt that may be of another network begins again. */
  connect(): void {
    const isOld = performance.now() - this.sinceMs > STALE_MS;
    this.attempt = 0;
    if (this.state === "opening" && isOld) this.restart();
    this.begin();
  }

  /** The server serves the page. */
  settle(): void {
    this.move("welcomed");
  }

  /** Sends one message; it is lost if the transport is gone, and `lost` has said so or will. */
  send(data: Uint8Array<ArrayBuffer>): void {
    this.transport?.send(data);
  }

  /** Bytes that were sent and that the browser has not handed on. */
  get waiting(): number {
    return this.transport?.waiting ?? 0;
  }

  /** Gives this transport up, and opens another one; soon, or when `code` says. */
  restart(code = COMING_BACK): void {
    this.lose(code);
  }

  /** Gives this transport up until `connect`. */
  suspend(): void {
    const isLost = this.move("lost");
    clearTimeout(this.timer);
    this.drop(COMING_BACK);
    if (isLost) this.events.lost(Number.POSITIVE_INFINITY);
  }

  /** No further event, and no further attempt. */
  close(): void {
    if (this.move("close")) this.drop(LEAVING);
  }

  private begin(): void {
    if (!this.move("connect")) return;
    this.timer = setTimeout(() => this.restart(), OPEN_TIMEOUT_MS);
    const transport: Transport = this.open(this.url, {
      opened: () => {
        if (transport === this.transport && this.move("opened")) this.events.opened();
      },
      received: (data) => {
        if (transport === this.transport) this.events.received(data);
      },
      closed: (code) => {
        if (transport !== this.transport) return;
        if (code === TAKEN_OVER) this.giveWay();
        else this.lose(code);
      },
    });
    this.transport = transport;
  }

  private lose(code: number): void {
    if (this.state === "open" && performance.now() - this.sinceMs >= STEADY_MS) this.attempt = 0;
    if (!this.move("lost")) return;
    this.drop(COMING_BACK);
    const retryMs = retryDelayMs(this.attempt++, code);
    this.timer = setTimeout(() => this.begin(), retryMs);
    this.events.lost(retryMs);
  }

  /** Does not come back: two pages that did would take the session from each other, again and again. */
  private giveWay(): void {
    this.close();
    this.events.replaced();
  }

  /** Enters the state that an event leads to; false if it changes nothing. */
  private move(event: LinkEvent): boolean {
    const state = follow(this.state, event);
    if (state === null) return false;
    this.state = state;
    this.sinceMs = performance.now();
    clearTimeout(this.timer);
    return true;
  }

  private drop(code: number): void {
    const { transport } = this;
    this.transport = null;
    transport?.close(code);
  }
}
