/** The link to the server: hello and welcome, numbered control messages, packets, and the comparison of the clocks. */

import { takesOpus } from "../codecs/opus.ts";
import { type CodecSupport, NO_SUPPORT } from "../codecs/support.ts";
import { decodeServerMessage, encodeMessage } from "../wire/encoding.ts";
import type { Ack, PageMessage, Refuse, ServerMessage, Welcome } from "../wire/messages.ts";
import { ACK_BYTES, ACK_MESSAGES, MAX_CONTROL_BYTES } from "../wire/messages.ts";
import type { Packet } from "../wire/packet.ts";
import { CodecNumber, decodePacket, encodePacket, isPacket, PacketKind, VERSION } from "../wire/packet.ts";
import { ClockComparison, pageUs } from "./clock.ts";
import { UplinkPace } from "./pace.ts";
import { Reconnection } from "./reconnection.ts";
import type { OpenTransport } from "./transport.ts";
import { openWebSocket } from "./websocket.ts";

/** Clocks are compared so often: the smallest of recent delays, which tells of a queue, must be one of these. */
const CLOCK_EVERY_MS = 1_000;

/** Refusals that do not last: the page tries again, and says what the server said until it is served. */
const PASSING: readonly Refuse["code"][] = ["busy", "shutdown"];

/** The close code of a server that asks to come back later. */
const TRY_LATER = 1013;

/** The server answers once a second at least: after a longer silence the link, or the page, has stood still. */
const STANDSTILL_MS = 1_500;

/** A server silent for this long, though asked for its clock, is gone. */
const SILENCE_MS = 15_000;

/** Bytes that may wait in the browser when a frame is taken: control messages, and no frame. */
const MAX_WAITING = 4096;

export interface LinkEvents {
  welcome(welcome: Welcome): void;
  /** The server does not serve this page. If it may later on, `lost` has said so before: attempts go on. */
  refused(refuse: Refuse): void;
  /** The session is over; a fresh one is asked for in `retryMs`. */
  lost(retryMs: number): void;
  message(message: Exclude<ServerMessage, { type: "welcome" | "refuse" | "clock" }>): void;
  packet(packet: Packet): void;
  /** The link stood still, and does not any more: what comes now may be from before. */
  stood(untilUs: number): void;
}

export class Link {
  readonly clock = new ClockComparison();
  private readonly build: string;
  private readonly events: LinkEvents;
  private readonly line: Reconnection;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pace = new UplinkPace();
  /** The time of the server's last answer, and of the page when it was heard. */
  private heard = { server_us: 0, heard_us: 0 };
  private heardMs = 0;
  private seq = 0;
  private support = NO_SUPPORT;
  private ack: Ack = { type: "ack", seen: 0, audio: 0 };
  private due = { messages: 0, bytes: 0 };

  constructor(url: string, build: string, events: LinkEvents, open: OpenTransport = openWebSocket) {
    this.build = build;
    this.events = events;
    this.line = new Reconnection(url, open, {
      opened: () => this.greet(),
      received: (data) => this.receive(data),
      lost: (retryMs) => this.end(retryMs),
    });
  }

  /** The sequence of the last control message. */
  get sent(): number {
    return this.seq;
  }

  /** True while there is a session. */
  get isOpen(): boolean {
    return this.line.state === "open";
  }

  /** `support` are the video codecs of the browser. */
  connect(support: CodecSupport = NO_SUPPORT): void {
    this.support = support;
    this.line.connect();
  }

  /**
   * Sends a control message; false if it is too large for the server to read.
   *
   * Without a session it is dropped: whoever has something to say in the next session says it at its welcome.
   */
  send(message: PageMessage): boolean {
    if (!this.isOpen) return true;
    return this.write(message);
  }

  /** Sends a packet; for the server it is stamped with how long after its capture that is. */
  sendPacket(packet: Packet): void {
    if (!this.isOpen) return;
    const nowUs = pageUs();
    const { kind, stream, sequence, payload } = packet;
    if (kind === PacketKind.PICTURE) this.pace.sent(stream, sequence, payload.length, nowUs);
    const source = Math.min(Math.max(nowUs - packet.captured_us, 0), 0xffff_ffff);
    this.line.send(encodePacket({ ...packet, source }));
  }

  /** True if a frame of the stream that is taken now can leave without waiting behind others. */
  isFree(stream: number, nowUs: number): boolean {
    return this.line.waiting <= MAX_WAITING && this.pace.isFree(stream, nowUs);
  }

  /** Nothing more comes of a stream. */
  forget(stream: number): void {
    this.pace.forget(stream);
  }

  /** Says goodbye: the server ends the session at once. `connect` begins another. */
  close(): void {
    this.send({ type: "bye" });
    clearTimeout(this.timer);
    this.line.close();
  }

  private write(message: PageMessage): boolean {
    const data = encodeMessage({ ...message, seq: this.seq + 1 });
    if (data.length > MAX_CONTROL_BYTES) return false;
    this.seq++;
    this.line.send(data);
    return true;
  }

  private greet(): void {
    this.seq = 0;
    this.ack = { type: "ack", seen: 0, audio: 0 };
    this.due = { messages: 0, bytes: 0 };
    this.clock.clear();
    this.heard = { server_us: 0, heard_us: 0 };
    this.pace = new UplinkPace();
    const decodes = [...this.support.decodes, ...(takesOpus() ? [CodecNumber.OPUS] : [])];
    this.write({
      type: "hello",
      version: VERSION,
      build: this.build,
      page_us: pageUs(),
      decodes,
      encodes: this.support.encodes,
    });
    this.listen();
  }

  /** Compares the clocks now and every 5 s, and gives the connection up when the server has gone silent. */
  private listen(): void {
    this.heardMs = performance.now();
    const beat = (): void => {
      if (performance.now() - this.heardMs > SILENCE_MS) {
        this.line.restart();
        return;
      }
      this.send({ type: "clock", page_us: pageUs(), ...this.heard });
      this.timer = setTimeout(beat, CLOCK_EVERY_MS);
    };
    clearTimeout(this.timer);
    beat();
  }

  private end(retryMs: number): void {
    clearTimeout(this.timer);
    this.events.lost(retryMs);
  }

  private receive(data: Uint8Array): void {
    const nowMs = performance.now();
    if (this.isOpen && nowMs - this.heardMs > STANDSTILL_MS) this.events.stood(pageUs());
    this.heardMs = nowMs;
    if (isPacket(data)) {
      const packet = decodePacket(data);
      this.events.packet(packet);
      if (packet.kind !== PacketKind.SOUND) return;
      this.ack.audio++;
    } else {
      const message = decodeServerMessage(data);
      this.dispatch(message);
      this.ack.seen = message.seq;
    }
    this.acknowledge(data.length);
  }

  /** Tells the server now and then what it need not keep any longer; frames it does not keep. */
  private acknowledge(size: number): void {
    this.due.messages++;
    this.due.bytes += size;
    if (this.due.messages < ACK_MESSAGES && this.due.bytes < ACK_BYTES) return;
    this.due = { messages: 0, bytes: 0 };
    this.send(this.ack);
  }

  private dispatch(message: ServerMessage): void {
    if (message.type === "welcome") this.settle(message);
    else if (message.type === "refuse") this.refuse(message);
    else if (message.type === "clock") this.compare(message);
    else {
      if (message.type === "credit") {
        this.pace.arrived(message.stream, message.received, message.left_us, message.rate);
      }
      this.events.message(message);
    }
  }

  private compare({ page_us, server_us }: { page_us: number; server_us: number }): void {
    const heard_us = pageUs();
    this.clock.add(page_us, server_us, heard_us);
    this.heard = { server_us, heard_us };
  }

  private settle(welcome: Welcome): void {
    this.clock.add(welcome.page_us, welcome.server_us, pageUs());
    this.heard = { server_us: welcome.server_us, heard_us: pageUs() };
    this.line.settle();
    this.events.welcome(welcome);
    this.send({ type: "clock", page_us: pageUs(), ...this.heard });
  }

  private refuse(refuse: Refuse): void {
    clearTimeout(this.timer);
    if (PASSING.includes(refuse.code)) this.line.restart(TRY_LATER);
    else this.line.close();
    this.events.refused(refuse);
  }
}
