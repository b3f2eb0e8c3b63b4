/**
 * Messages over HTTP, where WebSockets are blocked: one response that does not end down, numbered batches up.
 *
 * Its twins are `wire/framing.py` and `transports/http.py`. A script of its own, loaded when it is needed: it imports types only.
 */

import type { OpenTransport, Transport, TransportEvents } from "./transport.ts";

/** The response was asked for, and nothing of it comes, though the server answers otherwise: something holds it back. */
export const HELD_BACK = 4408;

/** The close code of a connection that broke off. */
const LOST = 1006;

const PREFIX_BYTES = 4;
const END = 0x8000_0000;
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;
const MAX_END_BYTES = 125;

/** Batches on their way at once: what is sent while the first one travels leaves in the second. */
const MAX_IN_FLIGHT = 2;

/** A batch ends with the message by which it exceeds this. */
const BATCH_BYTES = 256 * 1024;

/** A body that the browser sends even if the page is closed may have so many bytes. */
const MAX_LAST_BYTES = 60_000;

/** Waits before a batch is sent again whose answer did not come. */
const RETRIES_MS = [50, 200, 500, 1_000];

/** A batch that was not taken by then is not waited for any longer. */
const BATCH_MS = 10_000;

/** The first bytes of the response come by then. */
const FIRST_BYTES_MS = 3_000;

/** Answers that do not say that the batch can never be taken: too much at once, or a proxy between two servers. */
const PASSING = [408, 429, 502, 503, 504];

/** The record of a message, or of the end with its code. */
function frame(number: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(PREFIX_BYTES + bytes.length);
  new DataView(record.buffer).setUint32(0, number, true);
  record.set(bytes, PREFIX_BYTES);
  return record;
}

function joined(records: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(records.reduce((size, record) => size + record.length, 0));
  let at = 0;
  for (const record of records) {
    all.set(record, at);
    at += record.length;
  }
  return all;
}

/** A record that is complete: a message, or the code with which the connection ends. */
type FramedRecord = Uint8Array | number;

/** Finds the records in a stream that comes in arbitrary chunks. */
export class Unframer {
  private readonly prefix = new Uint8Array(PREFIX_BYTES);
  private body: Uint8Array | null = null;
  private filled = 0;
  private isEnd = false;

  /** Takes the next bytes; gives the records that are complete now. Throws a `RangeError` if the stream is malformed. */
  feed(chunk: Uint8Array): FramedRecord[] {
    const records: FramedRecord[] = [];
    for (let at = 0; at < chunk.length; ) {
      const target = this.body ?? this.prefix;
      const part = chunk.subarray(at, at + target.length - this.filled);
      target.set(part, this.filled);
      at += part.length;
      this.filled += part.length;
      if (this.filled < target.length) break;
      this.filled = 0;
      if (this.body === null) this.begin();
      else records.push(this.finish(this.body));
    }
    return records;
  }

  private begin(): void {
    const number = new DataView(this.prefix.buffer).getUint32(0, true);
    this.isEnd = number >= END;
    const size = this.isEnd ? number - END : number;
    if (size > (this.isEnd ? MAX_END_BYTES : MAX_MESSAGE_BYTES) || (this.isEnd && size < 2)) {
      throw new RangeError(`${number} is no size of a message`);
    }
    this.body = size === 0 ? null : new Uint8Array(size);
  }

  private finish(body: Uint8Array): FramedRecord {
    this.body = null;
    return this.isEnd ? new DataView(body.buffer).getUint16(0, true) : body;
  }
}

class HttpTransport implements Transport {
  waiting = 0;
  private readonly address: (name: string) => string;
  private readonly events: TransportEvents;
  private readonly abort = new AbortController();
  private readonly timer: ReturnType<typeof setTimeout>;
  private secret = "";
  private batch = 0;
  private inFlight = 0;
  private queue: Uint8Array[] = [];
  private isOver = false;

  constructor(url: string, events: TransportEvents) {
    this.events = events;
    this.address = (name) => {
      const address = new URL(url.replace("ws", "http"));
      address.pathname = address.pathname.replace(/ws$/, name);
      if (name !== "down") address.search = "";
      return address.href;
    };
    this.timer = setTimeout(() => this.probe(), FIRST_BYTES_MS);
    void this.listen();
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    if (!this.secret || this.isOver) return;
    if (this.queue.length === 0) queueMicrotask(() => this.pump()); // with what else is sent in this turn
    this.queue.push(frame(data.length, data));
    this.waiting += PREFIX_BYTES + data.length;
  }

  close(code: number): void {
    if (this.isOver) return;
    this.finish();
    if (!this.secret) {
      this.abort.abort();
      return;
    }
    this.queue.push(frame(END + 2, Uint8Array.of(code & 0xff, code >> 8)));
    void this.post(++this.batch, joined(this.queue)).finally(() => this.abort.abort());
  }

  private async listen(): Promise<void> {
    try {
      const response = await fetch(this.address("down"), { method: "POST", signal: this.abort.signal });
      const isStream = response.headers.get("content-type") === "application/octet-stream";
      if (isStream && response.body) await this.read(response.body.getReader());
    } catch {
      // It broke off, or was malformed, or was given up.
    }
    this.end(LOST);
  }

  private async read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const unframer = new Unframer();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const record of unframer.feed(value)) this.take(record);
    }
  }

  private take(record: FramedRecord): void {
    if (this.isOver) return;
    if (typeof record === "number") this.end(record);
    else if (this.secret) this.events.received(record);
    else {
      clearTimeout(this.timer);
      this.secret = new TextDecoder().decode(record);
      this.events.opened();
    }
  }

  /** Nothing has come yet: is the server there at all? */
  private probe(): void {
    fetch(this.address("healthz"), { signal: this.abort.signal }).then(
      ({ ok }) => this.end(ok ? HELD_BACK : LOST),
      () => this.end(LOST),
    );
  }

  private pump(): void {
    while (!this.isOver && this.queue.length > 0 && this.inFlight < MAX_IN_FLIGHT) {
      this.inFlight++;
      void this.post(++this.batch, joined(this.shift())).then((isTaken) => {
        this.inFlight--;
        if (isTaken) this.pump();
        else this.end(LOST);
      });
    }
  }

  /** Takes the records of the next batch out of the queue: at least one. */
  private shift(): Uint8Array[] {
    let count = 0;
    for (let size = 0; count < this.queue.length && size <= BATCH_BYTES; count++) {
      size += this.queue[count]?.length ?? 0;
    }
    const records = this.queue.splice(0, count);
    this.waiting -= records.reduce((size, record) => size + record.length, 0);
    return records;
  }

  /** Sends a batch until the server has taken it, which it does once; false if it does not. */
  private async post(number: number, body: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const deadline = performance.now() + BATCH_MS;
    const headers = { "x-millstream-connection": this.secret, "x-millstream-batch": String(number) };
    const keepalive = this.isOver && body.length < MAX_LAST_BYTES;
    for (const waitMs of RETRIES_MS) {
      const { signal } = this.abort;
      const options = { method: "POST", body, headers, keepalive, signal };
      const status = await fetch(this.address("up"), options).then(
        (response) => response.status,
        () => 0,
      );
      if (status === 204) return true;
      if ((status && !PASSING.includes(status)) || signal.aborted || performance.now() > deadline) return false;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    return false;
  }

  private end(code: number): void {
    if (this.isOver) return;
    this.finish();
    this.abort.abort();
    this.events.closed(code);
  }

  private finish(): void {
    clearTimeout(this.timer);
    this.isOver = true;
  }
}

export const openHttp: OpenTransport = (url, events) => new HttpTransport(url, events);
