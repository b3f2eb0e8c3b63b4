/** A WebSocket whose other end is the test. */

import { decode, encode } from "@msgpack/msgpack";
import { vi } from "vitest";
import { decodePacket, encodePacket, isPacket, type Packet } from "../src/wire/packet.ts";

interface Message {
  type: string;
  [field: string]: unknown;
}

export class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readonly url: string;
  readonly protocol: string;
  binaryType = "";
  readyState = 0;
  bufferedAmount = 0;
  /** The code with which the page closed it; 0 if it did not. */
  closedWith = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  sent: Uint8Array[] = [];

  /** Takes the place of `WebSocket` for one test. */
  static install(): void {
    FakeSocket.all = [];
    vi.stubGlobal("WebSocket", FakeSocket);
  }

  static get last(): FakeSocket {
    return FakeSocket.all.at(-1) as FakeSocket;
  }

  constructor(url: string, protocol: string) {
    this.url = url;
    this.protocol = protocol;
    FakeSocket.all.push(this);
  }

  send(data: Uint8Array): void {
    this.sent.push(data.slice());
  }

  close(code: number): void {
    this.readyState = 3;
    this.closedWith = code;
  }

  // ---- the server's side

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  drop(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  say(message: object): void {
    this.deliver(encode(message));
  }

  sendPacket(packet: Packet): void {
    this.deliver(encodePacket(packet));
  }

  welcome(more: object = {}): void {
    this.say({
      type: "welcome",
      version: 1,
      seq: 1,
      build: "b",
      session: "secret",
      server_us: 10,
      page_us: 5,
      ...more,
    });
  }

  /** The session goes on: the page was heard up to `seen`, its packets up to `received`. */
  resume(seen: number, received: { [stream: string]: number } = {}): void {
    this.welcome({ seq: 0, resumed: true, resume: "next", seen, received });
  }

  get messages(): Message[] {
    return this.sent.filter((data) => !isPacket(data)).map((data) => decode(data) as Message);
  }

  get packets(): Packet[] {
    return this.sent.filter(isPacket).map(decodePacket);
  }

  /** The messages of one type. */
  of(type: string): Message[] {
    return this.messages.filter((message) => message.type === type);
  }

  private deliver(bytes: Uint8Array): void {
    this.onmessage?.({ data: bytes.slice().buffer as ArrayBuffer });
  }
}
