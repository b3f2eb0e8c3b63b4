/** One WebSocket that comes back by itself: bytes out, bytes in. What the bytes mean is decided in `link.ts`. */

/** Subprotocol that server and page agree upon; its number is the protocol's version. */
const SUBPROTOCOL = "millstream.1";

/** A server that neither accepts nor refuses within this time is tried again. */
const CONNECT_TIMEOUT_MS = 10_000;

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;

export interface SocketEvents {
  opened(): void;
  received(data: Uint8Array): void;
  /** The link is down; the next attempt comes in `retryMs`. */
  lost(retryMs: number): void;
}

/** The wait before attempt `attempt` (from 0): doubling, at most 10 s, with jitter so that pages do not return at once. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return longest * (0.5 + random() / 2);
}

export class ReconnectingSocket {
  private readonly url: string;
  private readonly events: SocketEvents;
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;

  constructor(url: string, events: SocketEvents) {
    this.url = url;
    this.events = events;
  }

  /** Begins to connect, at once; also cuts the wait for the next attempt short. Does nothing while connected. */
  connect(): void {
    if (this.socket) return;
    clearTimeout(this.timer);
    const socket = new WebSocket(this.url, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.timer = setTimeout(() => this.drop(socket), CONNECT_TIMEOUT_MS);
    socket.onopen = () => {
      clearTimeout(this.timer);
      this.events.opened();
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => this.events.received(new Uint8Array(event.data));
    socket.onclose = () => this.drop(socket);
  }

  /** The server served us: the next loss is a first one again. */
  settle(): void {
    this.attempt = 0;
  }

  /** Sends one message; it is lost if the link is down, and `lost` has said so or will. */
  send(data: Uint8Array<ArrayBuffer>): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(data);
  }

  /** Bytes that were sent and that the browser has not handed on. */
  get waiting(): number {
    return this.socket?.bufferedAmount ?? 0;
  }

  /** Gives this connection up, and tries again. */
  restart(): void {
    if (this.socket) this.drop(this.socket);
  }

  /** Closes for good: no further event, no further attempt. */
  close(): void {
    clearTimeout(this.timer);
    this.forget()?.close(1000);
  }

  private drop(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.forget()?.close();
    clearTimeout(this.timer);
    const retryMs = retryDelayMs(this.attempt++);
    this.timer = setTimeout(() => this.connect(), retryMs);
    this.events.lost(retryMs);
  }

  private forget(): WebSocket | null {
    const socket = this.socket;
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
    this.socket = null;
    return socket;
  }
}
