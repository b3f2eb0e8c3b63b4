/** Chooses what carries the messages: a WebSocket, or HTTP where something between page and server blocks that. */

import { encode } from "@msgpack/msgpack";
import { t } from "../words.ts";
import type { OpenTransport, Transport, TransportEvents } from "./transport.ts";
import { openWebSocket } from "./websocket.ts";

/** A WebSocket that has not opened by then is blocked, as far as the page can tell. */
const WEBSOCKET_MS = 2_000;

/** A page that had a WebSocket tries so often to get another one: the server is down, rather than the way blocked. */
const MOST_FAILURES = 2;

const heldBack = (): string =>
  t(
    "This app can be reached neither by WebSocket nor over HTTP: something between your browser and the app, such as a proxy, blocks the one and holds back the answers of the other. Whoever runs it should switch the buffering of responses off.",
  );

const load = (): Promise<typeof import("./http.ts")> => import("./http.ts");

/**
 * Opens transports, each time as it worked last.
 *
 * A WebSocket that does not open, because the upgrade is refused, stripped or never answered, is given up for HTTP within
 * the same attempt.
 */
export class TransportChoice {
  private readonly chosen: (isHttp: boolean) => void;
  private isHttp: boolean;
  private told: boolean | null;
  private failures = MOST_FAILURES;

  /** `isHttp` is what worked last in this tab; `chosen` is called with what works now, unless it is a WebSocket as ever. */
  constructor(isHttp: boolean, chosen: (isHttp: boolean) => void) {
    this.isHttp = isHttp;
    this.told = isHttp ? null : false;
    this.chosen = chosen;
  }

  readonly open: OpenTransport = (url, events) => {
    const attempt = new Attempt(events, (isHttp) => this.settle(isHttp));
    if (this.isHttp) {
      this.isHttp = false; // unless it works again
      attempt.overHttp(url);
    } else {
      attempt.overWebSocket(url, () => ++this.failures > MOST_FAILURES);
    }
    return attempt;
  };

  private settle(isHttp: boolean): void {
    this.failures = isHttp ? MOST_FAILURES : 0;
    this.isHttp = isHttp;
    if (isHttp !== this.told) this.chosen(isHttp);
    this.told = isHttp;
  }
}

/** One transport on its way, whichever it becomes. */
class Attempt implements Transport {
  private readonly events: TransportEvents;
  private readonly opened: (isHttp: boolean) => void;
  private current: Transport | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isOver = false;

  constructor(events: TransportEvents, opened: (isHttp: boolean) => void) {
    this.events = events;
    this.opened = opened;
  }

  get waiting(): number {
    return this.current?.waiting ?? 0;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    this.current?.send(data);
  }

  close(code: number): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.current?.close(code);
  }

  /** `isBlocked` is asked when it did not open. */
  overWebSocket(url: string, isBlocked: () => boolean): void {
    const { events } = this;
    let isOpen = false;
    const fail = (code: number): void => {
      clearTimeout(this.timer);
      if (isOpen || !isBlocked()) events.closed(code);
      else this.overHttp(url);
    };
    const socket = openWebSocket(url, {
      opened: () => {
        clearTimeout(this.timer);
        isOpen = true;
        this.opened(false);
        events.opened();
      },
      received: (data) => events.received(data),
      closed: fail,
    });
    this.current = socket;
    this.timer = setTimeout(() => {
      socket.close(1000);
      fail(1006);
    }, WEBSOCKET_MS);
  }

  overHttp(url: string): void {
    const { events } = this;
    this.current = null;
    load().then(
      ({ openHttp, HELD_BACK }) => {
        if (this.isOver) return;
        this.current = openHttp(url, {
          opened: () => {
            this.opened(true);
            events.opened();
          },
          received: (data) => events.received(data),
          closed: (code) => (code === HELD_BACK ? this.explain() : events.closed(code)),
        });
      },
      () => {
        if (!this.isOver) events.closed(1006); // the server that has the script is not there
      },
    );
  }

  /** Refuses in the server's place, which says so to the visitor and tries again later. */
  private explain(): void {
    this.events.opened();
    this.events.received(encode({ type: "refuse", seq: 1, code: "busy", message: heldBack() }));
  }
}
