/** One connection to the server, as the link sees it: bytes out, bytes in, and its end. Which way they take is its own affair. */

/** Carries whole messages, in order, until it is closed. It connects once, and does not come back. */
export interface Transport {
  /** Bytes that were sent and that the browser has not handed on. */
  readonly waiting: number;
  /** Sends one message; it is lost if the transport is not open. */
  send(data: Uint8Array<ArrayBuffer>): void;
  /** Ends it: no further event. `code` as of a WebSocket: with 1000 the session ends, with any other the page comes back. */
  close(code: number): void;
}

export interface TransportEvents {
  /** From now on messages can be sent. */
  opened(): void;
  received(data: Uint8Array): void;
  /** It is over, or could not be opened; once. `code` as of a WebSocket: 1006 without a goodbye. */
  closed(code: number): void;
}

/** Begins to connect to the address of the app's WebSocket. No event comes before it returns. */
export type OpenTransport = (url: string, events: TransportEvents) => Transport;
