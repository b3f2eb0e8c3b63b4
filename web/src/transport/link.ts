/** The link to the server: hello and welcome, numbered control messages, packets, and the comparison of the clocks. */

import { takesOpus } from "../codecs/opus.ts";
import { decodeServerMessage, encodeMessage, isTooLarge } from "../wire/encoding.ts";
import type { Ack, PageMessage, Refuse, ServerMessage, Welcome } from "../wire/messages.ts";
import { ACK_BYTES, ACK_MESSAGES } from "../wire/messages.ts";
import type { Packet } from "../wire/packet.ts";
import { CodecNumber, decodePacket, encodePacket, isPacket, PacketKind, VERSION } from "../wire/packet.ts";
import { AnswerWatch } from "./answer_watch.ts";
import { ClockComparison, pageUs } from "./clock.ts";
import { UplinkPace } from "./pace.ts";
import { Reconnection } from "./reconnection.ts";
import type { OpenTransport } from "./transport.ts";
import { Unacted } from "./unacted.ts";
import { openWebSocket } from "./websocket.ts";

/** Clocks are compared so often: the smallest of recent delays, which tells of a queue, must be one of these. */
const CLOCK_EVERY_MS = 1_000;

/** After so many comparisons between which nothing was said a page is idle, and compares at each third second only. */
const LIVELY_BEATS = 8;
const IDLE_BEATS = 3;

/** An idle page to which the server gives signs of life rests, and compares only so often. */
const REST_BEATS = 20;

/** Such a sign is missed like an answer to a question that was asked so long after the sign before. */
const SIGN_MS = 2_000;

/** Refusals that do not last: the page tries again, and says what the server said until it is served. */
const PASSING: readonly Refuse["code"][] = ["busy", "shutdown"];

/** The close code of a server that asks to come back later. */
const TRY_LATER = 1013;

/** The server answers each comparison: after a silence so much longer the link, or the page, has stood still. */
const LATE_MS = 500;

/** A server silent for this long, though asked for its clock, cannot be reached; where the network may have changed, sooner. */
const SILENCE_MS = 6_000;
const CHECK_MS = 2_000;

/** A new session may take longer: what it shows first is being computed. */
const BEGINNING_MS = 15_000;

/** Bytes that may wait in the browser when a frame is taken: control messages, and no frame. */
const MAX_WAITING = 4096;

export interface LinkEvents {
  /** The session is served: a new one, or the one before, which goes on (`resumed`). */
  welcome(welcome: Welcome): void;
  /** The server does not serve this page. If it may later on, `lost` has said so before: attempts go on. */
  refused(refuse: Refuse): void;
  /** The session goes on over the transport of another page. */
  replaced(): void;
  /** The server cannot be reached; the next attempt comes in `retryMs`. The session may go on then. */
  lost(retryMs: number): void;
  message(message: Exclude<ServerMessage, { type: "welcome" | "refuse" | "clock" | "heartbeat" }>): void;
  packet(packet: Packet): void;
  /** The places of the packets of all open streams, for a server that does not know them. */
  sent(): [number, number, number][];
  /** The server has been asked and does not answer, or it does again; it is not given up yet. */
  silent?(isSilent: boolean): void;
  /** The link stood still, and does not any more: what comes now may be from before. */
  stood(untilUs: number): void;
}

export class Link {
  /** Numbers of the video codecs that the browser encodes, as far as they are known when the page says hello. */
  encodes: number[] = [];
  readonly clock = new ClockComparison();
  private readonly build: string;
  private readonly events: LinkEvents;
  private readonly line: Reconnection;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pace = new UplinkPace();
  /** The time of the server's last answer, and of the page when it was heard. */
  private heard = { server_us: 0, heard_us: 0 };
  private heardMs = 0;
  private readonly answers = new AnswerWatch((isSilent) => this.events.silent?.(isSilent));
  /** Seconds since anything but the clock was said, here or there. */
  private quietBeats = 0;
  /** While it is idle the server gives signs of life. */
  private rests = false;
  /** The longest silence of the server that is none, after what was heard last. */
  private patienceMs = CLOCK_EVERY_MS + LATE_MS;
  private seq = 0;
  private decodes: number[] = [];
  /** The token by which the session goes on over another transport; empty without one. */
  private token = "";
  private readonly unacted = new Unacted();
  private ack: Ack = { type: "ack", seen: 0, audio: 0 };
  private due = { messages: 0, bytes: 0 };

  constructor(url: string, build: string, events: LinkEvents, open: OpenTransport = openWebSocket) {
    this.build = build;
    this.events = events;
    this.line = new Reconnection(url, open, {
      opened: () => this.greet(),
      received: (data) => this.receive(data),
      lost: (retryMs) => this.lose(retryMs),
      replaced: () => this.yield(),
    });
  }

  /** The sequence of the last control message. */
  get sent(): number {
    return this.seq;
  }

  /** True while the session can be reached. */
  get isOpen(): boolean {
    return this.line.state === "open";
  }

  /** Connects at once; a link that seems to work is tested. `decodes` are the video codecs that the browser decodes. */
  connect(decodes: number[] = []): void {
    this.decodes = decodes;
    this.line.connect();
    if (this.isOpen) this.check();
  }

  /**
   * Sends a control message; false if it is too large for the server to read.
   *
   * While the link is lost it waits. Without a session it is dropped: whoever has something to say in the next session
   * says it at its welcome.
   */
  send(message: PageMessage): boolean {
    if (!this.isOpen && !this.token) return true;
    const seq = this.seq + 1;
    const numbered = { ...message, seq };
    const data = encodeMessage(numbered);
    if (isTooLarge(numbered, data)) return false;
    this.seq = seq;
    if (this.token) this.unacted.keep(seq, message, data);
    if (this.isOpen) this.line.send(data);
    if (message.type !== "clock" && message.type !== "ack") this.wake();
    return true;
  }

  /** Sends a packet; for the server it is stamped with how long after its capture that is. */
  sendPacket(packet: Packet): void {
    if (!this.isOpen) return;
    const nowUs = pageUs();
    const { kind, stream, sequence, payload } = packet;
    if (kind === PacketKind.PICTURE) this.pace.sent(stream, sequence, payload.length, nowUs);
    const source = Math.min(Math.max(nowUs - packet.captured_us, 0), 0xffff_ffff);
    this.line.send(encodePacket({ ...packet, source }));
    this.wake();
  }

  /** True if a frame of the stream that is taken now can leave without waiting behind others. */
  isFree(stream: number, nowUs: number): boolean {
    return this.isOpen && this.line.waiting <= MAX_WAITING && this.pace.isFree(stream, nowUs);
  }

  /** Nothing more comes of a stream. */
  forget(stream: number): void {
    this.pace.forget(stream);
  }

  /** Gives the transport up until `connect`; the session goes on if that is soon enough. */
  suspend(): void {
    this.line.suspend();
  }

  /** Says goodbye: the server ends the session at once. `connect` begins another. */
  close(): void {
    if (this.isOpen) this.send({ type: "bye" });
    clearTimeout(this.timer);
    this.line.close();
    this.token = "";
    this.unacted.clear();
  }

  private greet(): void {
    this.due = { messages: 0, bytes: 0 };
    this.clock.clear();
    this.heard = { server_us: 0, heard_us: 0 };
    this.pace = new UplinkPace();
    const { seen, audio } = this.ack;
    const hello: PageMessage = {
      type: "hello",
      version: VERSION,
      build: this.build,
      page_us: pageUs(),
      decodes: [...this.decodes, ...(takesOpus() ? [CodecNumber.OPUS] : [])],
      encodes: this.encodes,
      ...(this.token && !this.unacted.isBroken ? { resume: this.token, seen, audio, sent: this.events.sent() } : {}),
    };
    this.line.send(encodeMessage({ ...hello, seq: 1 }));
    this.listen();
  }

  /** Compares the clocks, every second unless the page is idle, and gives the transport up when the server is silent. */
  private listen(): void {
    this.heardMs = performance.now();
    this.quietBeats = 0;
    this.rests = false;
    const beat = (): void => {
      const limitMs = this.isOpen || this.token ? SILENCE_MS : BEGINNING_MS;
      if (performance.now() - this.heardMs > limitMs) {
        this.line.restart();
        return;
      }
      this.quietBeats++;
      this.answers.look(performance.now());
      const every = this.rests ? REST_BEATS : IDLE_BEATS;
      if (this.isOpen && (!this.isIdle || this.quietBeats % every === 0)) this.compareClocks();
      this.timer = setTimeout(beat, CLOCK_EVERY_MS);
    };
    clearTimeout(this.timer);
    beat();
  }

  /** Gives the transport up unless the server answers soon. */
  private check(): void {
    const askedMs = performance.now();
    this.compareClocks();
    setTimeout(() => this.isOpen && this.heardMs < askedMs && this.line.restart(), CHECK_MS);
  }

  private get isIdle(): boolean {
    return this.quietBeats > LIVELY_BEATS;
  }

  /** Something was said: the clocks are compared every second again, from now on. */
  private wake(): void {
    const wasIdle = this.isIdle;
    this.quietBeats = 0;
    this.rests = false;
    if (wasIdle && this.isOpen) this.compareClocks();
  }

  private compareClocks(): void {
    this.answers.asked(performance.now());
    this.send({ type: "clock", page_us: pageUs(), ...this.heard, idle: this.isIdle });
  }

  private lose(retryMs: number): void {
    clearTimeout(this.timer);
    this.answers.forget();
    this.events.lost(retryMs);
  }

  /** Leaves the session to another page, and keeps nothing of it. */
  private yield(): void {
    this.close();
    this.events.replaced();
  }

  private receive(data: Uint8Array): void {
    const nowMs = performance.now();
    if (this.isOpen && nowMs - this.heardMs > this.patienceMs) this.events.stood(pageUs());
    this.heardMs = nowMs;
    this.answers.heard();
    const isLastBeforeIdle = this.quietBeats === LIVELY_BEATS;
    this.patienceMs = (this.isIdle || isLastBeforeIdle ? IDLE_BEATS : 1) * CLOCK_EVERY_MS + LATE_MS;
    if (isPacket(data)) {
      const packet = decodePacket(data);
      this.wake();
      this.events.packet(packet);
      if (packet.kind !== PacketKind.SOUND) return;
      this.ack.audio++;
    } else {
      const message = decodeServerMessage(data);
      this.dispatch(message);
      if (this.rests) this.answers.asked(nowMs + SIGN_MS);
      if (message.type === "heartbeat") return;
      this.ack.seen = Math.max(this.ack.seen, message.seq);
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
    else if (message.type === "clock") {
      this.compare(message);
      this.unacted.settle(message.seen);
      this.rests = message.idle && this.isIdle;
    } else if (message.type !== "heartbeat") {
      this.wake();
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
    this.compare(welcome);
    if (welcome.resumed) this.unacted.settle(welcome.seen);
    else {
      // A session begins, of which the hello was the first message.
      this.seq = 1;
      this.ack = { type: "ack", seen: 0, audio: 0 };
      this.unacted.clear();
    }
    this.token = welcome.resume;
    this.line.settle();
    for (const data of this.unacted.messages) this.line.send(data);
    this.events.welcome(welcome);
    this.compareClocks();
  }

  private refuse(refuse: Refuse): void {
    clearTimeout(this.timer);
    if (PASSING.includes(refuse.code)) this.line.restart(TRY_LATER);
    else this.close();
    this.events.refused(refuse);
  }
}
