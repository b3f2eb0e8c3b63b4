/**
 * The way down, in the worker: decodes the frames of results and shows them, newest first; values go with them.
 *
 * Results of one stream are applied in order, whole. While one is being decoded, frames of those that wait give way
 * to newer ones; their values never do.
 */

import type { FrameCodec } from "../codecs/codec.ts";
import type { DisplayFrame, StillImage } from "../codecs/types.ts";
import type { Outputs } from "../wire/messages.ts";
import type { Packet } from "../wire/packet.ts";
import { CodecNumber, isIndependent } from "../wire/packet.ts";
import type { FrameSink } from "./frame_sink.ts";
import { Freshness } from "./freshness.ts";
import { NewestWins } from "./newest_wins.ts";
import type { Result } from "./results.ts";
import { Results } from "./results.ts";
import { StreamDecoders } from "./stream_decoders.ts";
import { Timestamps } from "./timestamps.ts";

/** More results of one stream than this do not wait: a decoder that is so far behind begins anew with a key frame. */
const MOST_WAITING = 30;

export interface PresenterEvents {
  /**
   * Apply this in the page; streamed frames that belong to it are on their sinks. With it the page shows all that was
   * announced up to message `upTo`.
   */
  apply(result: Result, stills: StillImage[], upTo: number): void;
  /** The first frame of a stream, or the first after something else was shown there, is on the component's sink. */
  streaming(component: number, stream: number): void;
  /** A frame could not be decoded. */
  failed(packet: Packet, error: unknown): void;
  /** A frame is missing on which later ones of a component build: a key frame is needed. */
  missing(stream: number, component: number): void;
}

interface DecodedFrame {
  packet: Packet;
  frame: DisplayFrame;
}

export class Presenter {
  private readonly codecs: ReadonlyMap<number, FrameCodec>;
  private readonly events: PresenterEvents;
  private readonly results = new Results();
  private readonly newest = new NewestWins();
  private readonly sinks = new Map<number, FrameSink>();
  readonly decoders: StreamDecoders;
  /** Results that wait, by stream; the first is being decoded. */
  private readonly waiting = new Map<number, Result[]>();
  /** Components whose streamed surface is what the page shows, and the stream that it was told of. */
  private readonly live = new Map<number, number>();
  /** The newest frame of each component that came while the page was hidden. */
  private readonly unseen = new Map<number, Result>();
  /** The same of frames that build on each other, which have to be decoded nevertheless. */
  private readonly unshown = new Map<number, DecodedFrame & { result: Result }>();
  /** The newest marks of each component that shows the frames of a camera with them. */
  private readonly marked = new Map<number, { packet: Packet; result: Result }>();
  /** Messages that were announced, and are not applied. */
  private readonly unapplied = new Set<number>();
  readonly freshness = new Freshness();
  private readonly timestamps = new Timestamps();
  private lastSeq = 0;
  private isHidden = false;
  private epoch = 0;

  constructor(codecs: ReadonlyMap<number, FrameCodec>, events: PresenterEvents) {
    this.codecs = codecs;
    this.events = events;
    this.decoders = new StreamDecoders(codecs, events);
  }

  /** Where streamed frames of a component go; without one they are shown as stills. */
  setSink(component: number, sink: FrameSink): void {
    this.sinks.set(component, sink);
  }

  /** The page shows something else than the component's streamed surface. */
  cover(component: number): void {
    this.live.delete(component);
  }

  announce(outputs: Outputs & { seq?: number }): void {
    this.lastSeq = outputs.seq ?? 0;
    this.unapplied.add(this.lastSeq);
    const result = this.results.announce(outputs);
    if (result) this.enqueue(result);
  }

  receive(packet: Packet): void {
    const result = this.results.add(packet);
    if (result) this.enqueue(result);
  }

  /** Shows a frame of the camera that no packet brought, with marks carried on, unless something newer is there. */
  carry(component: number, capturedUs: number, make: (timestampUs: number) => DisplayFrame): void {
    const { packet, result } = this.marked.get(component) ?? {};
    if (!packet || !result || this.isHidden || !this.claimFrame(packet, result)) return;
    const frame = make(this.timestamps.next(component));
    this.show({ packet: { ...packet, sequence: 0, captured_us: capturedUs }, frame }, result);
  }

  /** A hidden page shows nothing, so what stands alone is not decoded; back in front, the newest frame comes first. */
  setHidden(isHidden: boolean): void {
    this.isHidden = isHidden;
    if (isHidden) return;
    for (const result of this.unseen.values()) this.enqueue(result);
    this.unseen.clear();
    for (const { result, ...decoded } of this.unshown.values()) this.show(decoded, result);
    this.unshown.clear();
  }

  /** The link was lost: frames that have not come never will, but the values that they came with count. */
  interrupt(): void {
    for (const result of this.results.interrupt()) this.enqueue(result);
    this.decoders.interrupt();
  }

  /** A stream is over: its decoders go. */
  endStream(stream: number): void {
    this.decoders.endStream(stream);
    this.freshness.end(stream);
  }

  /** The session is over: what is under way is dropped. */
  clear(): void {
    this.epoch++;
    this.results.clear();
    this.newest.clear();
    this.waiting.clear();
    this.unseen.clear();
    this.marked.clear();
    this.unapplied.clear();
    this.freshness.clear();
    this.lastSeq = 0;
    for (const { frame } of this.unshown.values()) frame.close();
    this.unshown.clear();
    this.decoders.clear();
  }

  private enqueue(result: Result): void {
    const queue = this.waiting.get(result.stream) ?? [];
    const newer = new Set(result.packets.map((packet) => packet.component));
    for (const older of queue.slice(1)) {
      older.packets = older.packets.filter((packet) => !(isIndependent(packet) && newer.has(packet.component)));
    }
    if (queue.length >= MOST_WAITING) this.lose(queue);
    queue.push(result);
    this.waiting.set(result.stream, queue);
    if (queue.length === 1) void this.work(result.stream, queue);
  }

  /** Drops the frames that wait, but for the first ones, which are being decoded. */
  private lose(queue: Result[]): void {
    for (const result of queue.slice(1)) {
      for (const packet of result.packets) this.decoders.lose(packet);
      result.packets = [];
    }
  }

  /** Empties the queue of one stream; its first entry stays in it while it is decoded, so nobody else begins. */
  private async work(stream: number, queue: Result[]): Promise<void> {
    const epoch = this.epoch;
    for (let result = queue[0]; result; result = queue[0]) {
      const [streamed, stills] = this.divide(result.packets);
      // Without a frame to decode there is nothing to wait for, and what arrived together is applied together.
      const frames = streamed.length > 0 ? await this.decode(streamed, result) : [];
      if (epoch !== this.epoch) {
        for (const { frame } of frames) frame.close();
        return;
      }
      this.present(result, frames, stills);
      queue.shift();
    }
    this.waiting.delete(stream);
  }

  /** Streamed frames, and those that the page shows by itself: with transparency, or without a sink. */
  private divide(packets: Packet[]): [Packet[], Packet[]] {
    const isStreamed = (packet: Packet): boolean => {
      const mime = this.codecs.get(packet.codec)?.mime;
      const isOpaque = mime === null || mime === "image/jpeg";
      return packet.stream !== 0 && isOpaque && this.sinks.has(packet.component);
    };
    return [packets.filter(isStreamed), packets.filter((packet) => !isStreamed(packet))];
  }

  /** Decodes the frames of different components side by side, those of one in order. */
  private async decode(packets: Packet[], result: Result): Promise<DecodedFrame[]> {
    const components = [...new Set(packets.map((packet) => packet.component))];
    const frames = await Promise.all(
      components.map(async (component) => {
        const decoded = [];
        for (const packet of packets) {
          if (packet.component === component) decoded.push(await this.decodeOne(packet, result));
        }
        return decoded;
      }),
    );
    return frames.flat().filter((frame) => frame !== null);
  }

  private async decodeOne(packet: Packet, result: Result): Promise<DecodedFrame | null> {
    if (this.isHidden && isIndependent(packet)) {
      this.unseen.set(packet.component, { ...result, updates: {}, packets: [packet] });
      return null;
    }
    const frame = await this.decoders.decode(packet, this.timestamps.next(packet.component));
    if (packet.codec === CodecNumber.OVERLAY) this.marked.set(packet.component, { packet, result });
    return frame && { packet, frame };
  }

  /** Shows the frames and applies the values of one result, at once, unless something newer is there. */
  private present(result: Result, frames: DecodedFrame[], still: Packet[]): void {
    const stills = still.filter((packet) => this.claimFrame(packet, result));
    const updates = this.newest.filter(result.updates, result.order);
    for (const [component, props] of Object.entries(updates)) {
      if ("value" in props) this.live.delete(Number(component));
    }
    for (const packet of stills) this.live.delete(packet.component);
    for (const frame of frames) this.show(frame, result);
    this.unapplied.delete(result.seq);
    if (stills.length === 0 && Object.keys(updates).length === 0) return;
    this.events.apply(
      { ...result, updates },
      stills.map((packet) => this.still(packet)),
      Math.min(this.lastSeq, ...[...this.unapplied].map((seq) => seq - 1)),
    );
  }

  private show({ packet, frame }: DecodedFrame, result: Result): void {
    const sink = this.sinks.get(packet.component);
    if (
      !sink ||
      this.freshness.isStale(packet) ||
      (this.isHidden && isIndependent(packet)) ||
      !this.claimFrame(packet, result)
    ) {
      frame.close();
      return;
    }
    if (this.isHidden) {
      this.unshown.get(packet.component)?.frame.close();
      this.unshown.set(packet.component, { packet, frame, result });
      return;
    }
    sink.show(frame, packet);
    if (this.live.get(packet.component) === packet.stream) return;
    this.live.set(packet.component, packet.stream);
    this.events.streaming(packet.component, packet.stream);
  }

  private claimFrame(packet: Packet, result: Result): boolean {
    return this.newest.claim(packet.component, "value", result.order);
  }

  private still({ codec, payload, component, stream, sequence }: Packet): StillImage {
    const mime = this.codecs.get(codec)?.mime ?? "";
    return { component, mime, data: payload.slice(), stream, sequence };
  }
}
