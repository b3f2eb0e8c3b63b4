/** A server that answers the requests of a page over HTTP; its other end is the test. */

import { vi } from "vitest";

/** The record of a message. */
export function framed(message: Uint8Array | string): Uint8Array {
  const bytes = typeof message === "string" ? new TextEncoder().encode(message) : message;
  return Uint8Array.of(bytes.length & 0xff, bytes.length >> 8, 0, 0, ...bytes);
}

/** The last record, with its close code. */
export function framedEnd(code: number): Uint8Array {
  return Uint8Array.of(2, 0, 0, 0x80, code & 0xff, code >> 8);
}

interface Batch {
  number: string;
  connection: string;
  body: Uint8Array;
  keepalive: boolean;
  /** Answers it: with a status, or not at all. */
  answer(status: number): void;
  lose(): void;
}

export class FakeHttp {
  /** Requests for messages, by their addresses. */
  downs: string[] = [];
  batches: Batch[] = [];
  /** Whether the server answers at all. */
  healthz = 200;
  status = 200;
  contentType = "application/octet-stream";
  isSilent = false;
  isAborted = false;
  private stream: ReadableStreamDefaultController<Uint8Array> | null = null;

  /** Takes the place of `fetch` for one test. */
  constructor() {
    vi.stubGlobal("fetch", (url: string, options: RequestInit = {}) => this.fetch(new URL(url), options));
  }

  say(...bytes: Uint8Array[]): void {
    for (const each of bytes) this.stream?.enqueue(each);
  }

  break(): void {
    this.stream?.error(new TypeError("network error"));
  }

  private fetch(url: URL, options: RequestInit): Promise<unknown> {
    options.signal?.addEventListener("abort", () => {
      this.isAborted = true;
    });
    if (url.pathname.endsWith("/healthz")) return this.answerHealth();
    if (url.pathname.endsWith("/up")) return this.takeBatch(options);
    this.downs.push(url.href);
    if (this.status === 0) return Promise.reject(new TypeError("refused"));
    if (this.isSilent) return new Promise(() => undefined);
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        this.stream = stream;
      },
    });
    return Promise.resolve({ status: this.status, headers: new Headers({ "content-type": this.contentType }), body });
  }

  private answerHealth(): Promise<unknown> {
    return this.healthz ? Promise.resolve({ ok: true }) : Promise.reject(new TypeError("refused"));
  }

  private takeBatch({ headers, body, keepalive }: RequestInit): Promise<unknown> {
    const given = headers as Record<string, string>;
    return new Promise((resolve, reject) => {
      this.batches.push({
        number: given["x-millstream-batch"] ?? "",
        connection: given["x-millstream-connection"] ?? "",
        body: body as Uint8Array,
        keepalive: keepalive ?? false,
        answer: (status) => resolve({ status }),
        lose: () => reject(new TypeError("network error")),
      });
    });
  }
}
