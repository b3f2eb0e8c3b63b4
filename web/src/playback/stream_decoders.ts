/**
 * The decoders of streamed frames, one for each component of each stream.
 *
 * Where frames build on each other, one that is missing or cannot be decoded makes those after it useless: they are
 * dropped until a key frame comes, which is asked for at once, and again ever more seldom while none comes.
 */

import type { FrameCodec, FrameDecoder } from "../codecs/codec.ts";
import type { DisplayFrame } from "../codecs/types.ts";
import type { Packet } from "../wire/packet.ts";
import { isIndependent, isKey } from "../wire/packet.ts";

/** After so long without a key frame it is asked for once more; then after twice as long. */
const ASK_AGAIN_MS = 500;
const LONGEST_WAIT_MS = 8_000;

/** So many key frames one after the other that cannot be decoded are told to the user, once. */
const HOPELESS = 3;

export interface StreamDecodersEvents {
  /** A key frame is needed. */
  missing(stream: number, component: number): void;
  /** A frame could not be decoded, and the next one will not be either. */
  failed(packet: Packet, error: unknown): void;
}

interface OpenDecoder {
  stream: number;
  component: number;
  decoder: FrameDecoder;
  /** Nothing but a key frame can be decoded. */
  needsKey: boolean;
  /** When the key frame is asked for again, and how long is waited then. */
  againMs: number;
  waitMs: number;
  failures: number;
  /** Packets that were dropped before they were decoded. */
  losses: number;
}

export class StreamDecoders {
  private readonly codecs: ReadonlyMap<number, FrameCodec>;
  private readonly events: StreamDecodersEvents;
  private readonly decoders = new Map<string, OpenDecoder>();
  private readonly drops = new Map<number, number>();

  constructor(codecs: ReadonlyMap<number, FrameCodec>, events: StreamDecodersEvents) {
    this.codecs = codecs;
    this.events = events;
  }

  /** Frames of a stream that were dropped because one that they build on was missing. */
  dropped(stream: number): number {
    return this.drops.get(stream) ?? 0;
  }

  /** Decodes a packet; null if there is nothing to be shown of it. */
  async decode(packet: Packet, timestampUs: number): Promise<DisplayFrame | null> {
    const open = this.decoderOf(packet);
    if (!open) {
      this.events.failed(packet, new Error(`no codec ${packet.codec} in this page`));
      return null;
    }
    return isIndependent(packet)
      ? this.decodeAlone(open, packet, timestampUs)
      : this.decodeNext(open, packet, timestampUs);
  }

  /** A packet was dropped before it was decoded: those that build on it are of no use. */
  lose(packet: Packet): void {
    if (isIndependent(packet)) return;
    this.drop(packet);
    const open = this.decoderOf(packet);
    if (!open) return;
    open.losses++;
    open.needsKey = true;
    this.ask(open);
  }

  /** The link was lost, and frames with it: whatever builds on others waits for a key frame. */
  interrupt(): void {
    for (const open of this.decoders.values()) {
      open.losses++;
      open.needsKey = true;
    }
  }

  /** A stream is over: its decoders go. */
  endStream(stream: number): void {
    this.drops.delete(stream);
    for (const [key, { stream: of, decoder }] of this.decoders) {
      if (of !== stream) continue;
      decoder.close();
      this.decoders.delete(key);
    }
  }

  clear(): void {
    this.drops.clear();
    for (const { decoder } of this.decoders.values()) decoder.close();
    this.decoders.clear();
  }

  /** Decodes a packet that builds on others, or on which others build. */
  private async decodeNext(open: OpenDecoder, packet: Packet, timestampUs: number): Promise<DisplayFrame | null> {
    if (open.needsKey && !isKey(packet)) {
      this.drop(packet);
      this.ask(open);
      return null;
    }
    try {
      const { losses } = open;
      const frame = await open.decoder.decode(packet, timestampUs);
      open.failures = 0;
      if (isKey(packet) && losses === open.losses) this.found(open);
      return frame;
    } catch (error) {
      this.drop(packet);
      open.failures += Number(isKey(packet));
      if (open.failures === HOPELESS) this.events.failed(packet, error);
      open.needsKey = true;
      this.ask(open);
      return null;
    }
  }

  private async decodeAlone(open: OpenDecoder, packet: Packet, timestampUs: number): Promise<DisplayFrame | null> {
    try {
      return await open.decoder.decode(packet, timestampUs);
    } catch (error) {
      this.events.failed(packet, error);
      return null;
    }
  }

  private drop({ stream }: Packet): void {
    this.drops.set(stream, this.dropped(stream) + 1);
  }

  private ask(open: OpenDecoder): void {
    const nowMs = performance.now();
    if (nowMs < open.againMs) return;
    open.againMs = nowMs + open.waitMs;
    open.waitMs = Math.min(open.waitMs * 2, LONGEST_WAIT_MS);
    this.events.missing(open.stream, open.component);
  }

  private found(open: OpenDecoder): void {
    open.needsKey = false;
    open.againMs = 0;
    open.waitMs = ASK_AGAIN_MS;
  }

  private decoderOf({ stream, component, codec }: Packet): OpenDecoder | null {
    const key = `${stream}/${component}/${codec}`;
    const found = this.decoders.get(key);
    if (found) return found;
    const decoder = this.codecs.get(codec)?.openDecoder();
    if (!decoder) return null;
    const open = {
      ...{ stream, component, decoder, needsKey: true, againMs: 0, waitMs: ASK_AGAIN_MS },
      ...{ failures: 0, losses: 0 },
    };
    this.decoders.set(key, open);
    return open;
  }
}
