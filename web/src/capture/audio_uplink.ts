/** The way up of audio, in the worker: one capture per microphone, one uplink per stream that it feeds. */

import { encodePcm16, toInt16 } from "../codecs/pcm16.ts";
import type { AudioLevel, MicrophoneFormat } from "../codecs/types.ts";
import { Resampler } from "../media/resample.ts";
import { pageUs } from "../transport/clock.ts";
import { UpCredit } from "../transport/credit.ts";
import type { Packet } from "../wire/packet.ts";
import { CodecNumber, Flag, PacketKind } from "../wire/packet.ts";
import type { BacklogOptions, TimedChunk } from "./backlog.ts";
import { Backlog } from "./backlog.ts";
import { SampleClock } from "./sample_clock.ts";
import type { Uplink } from "./uplink.ts";

export const LEVELS_PER_S = 20;

/** One stream that a microphone feeds: nothing is lost between `run` and the end of its slot. */
export class AudioUplink implements Uplink {
  readonly stream: number;
  readonly component: number;
  /** Samples (of each channel) in one chunk. */
  readonly chunk: number;
  /** Bytes of the samples in one chunk. */
  readonly chunkBytes: number;
  private readonly credit = new UpCredit();
  private readonly backlog: Backlog;
  private readonly flags: number;
  private readonly send: (packet: Packet) => void;
  private readonly overflow: () => void;
  protected isRunning = false;
  /** The rest at the end of a slot, cut into packets; the last of them is flagged. */
  private rest: TimedChunk[] = [];
  /** Packets that the server may not have: few, since it gives little credit in advance. */
  private unreceived: Packet[] = [];

  /** `overflow` is called when more waits than the backlog may hold. */
  constructor(
    stream: number,
    component: number,
    options: BacklogOptions,
    send: (packet: Packet) => void,
    overflow: () => void,
  ) {
    this.stream = stream;
    this.component = component;
    this.backlog = new Backlog(options);
    this.chunk = this.backlog.chunk;
    this.chunkBytes = this.chunk * options.channels * 2;
    // Only where chunks may be lost may a newer one replace an older one.
    this.flags = options.keep === "latest" ? Flag.KEY | Flag.INDEPENDENT : Flag.KEY;
    this.send = send;
    this.overflow = overflow;
  }

  /** Samples of the chunk that is not complete yet. */
  protected get begun(): number {
    return this.backlog.begun;
  }

  /** Seconds that wait to be sent. */
  get backlogS(): number {
    return this.backlog.seconds;
  }

  get heldS(): number {
    return this.isRunning ? 0 : this.backlog.seconds;
  }

  get sent(): number {
    return this.credit.last;
  }

  get place(): [number, number] {
    const first = this.unreceived[0];
    return [first ? first.sequence - 1 : this.credit.last, this.credit.limit];
  }

  run(): void {
    this.isRunning = true;
  }

  pause(): void {
    this.isRunning = false;
  }

  expire(): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    this.rest.push(...this.backlog.flush());
    this.pump();
  }

  finish(): number {
    this.expire();
    return this.credit.last + this.rest.length;
  }

  raise(limit: number, received = 0): void {
    this.settle(received);
    this.credit.raise(limit);
    this.pump();
  }

  /** Sends again what the server has not, under the same sequences: no sample is missing, none comes twice. */
  resume(received: number): void {
    this.settle(received);
    for (const packet of this.unreceived) this.send(packet);
  }

  /** Interleaved samples, of the uplink's rate and channels; `capturedUs` is the page's time of the first. */
  push(samples: Int16Array, capturedUs: number): void {
    if (!this.isRunning) return;
    this.backlog.push(samples, capturedUs);
    this.pump();
    if (this.backlog.isOver) this.overflow();
  }

  private settle(received: number): void {
    this.unreceived = this.unreceived.filter(({ sequence }) => sequence > received);
  }

  private pump(): void {
    while (this.credit.isFree) {
      const taken = this.rest.shift();
      if (taken) this.dispatch(taken, this.rest.length === 0 ? Flag.LAST : Flag.NONE);
      else {
        const chunks = this.backlog.takeChunks();
        if (!chunks) return;
        this.dispatch(chunks, Flag.NONE);
      }
    }
  }

  private dispatch(taken: TimedChunk, last: number): void {
    this.credit.reserve();
    const packet = {
      kind: PacketKind.SOUND,
      codec: CodecNumber.PCM16,
      flags: this.flags | last,
      stream: this.stream,
      component: this.component,
      sequence: this.credit.commit(),
      source: 0,
      call: 0,
      captured_us: taken.capturedUs,
      payload: taken.samples.length > 0 ? encodePcm16(taken) : new Uint8Array(0),
    };
    this.unreceived.push(packet);
    this.send(packet);
  }
}

/** Takes the blocks of one microphone for its streams, resampled where the browser could not, and measures them. */
export class AudioCapture {
  readonly format: MicrophoneFormat;
  private readonly uplinks: () => Iterable<AudioUplink>;
  private readonly report: (level: AudioLevel) => void;
  private readonly resampler: Resampler | null;
  private readonly meter: Meter;
  private readonly clock: SampleClock;

  constructor(format: MicrophoneFormat, uplinks: () => Iterable<AudioUplink>, report: (level: AudioLevel) => void) {
    const { deviceRate, rate, channels, latencyS } = format;
    this.format = format;
    this.clock = new SampleClock(deviceRate, latencyS);
    this.uplinks = uplinks;
    this.report = report;
    this.resampler = deviceRate === rate ? null : new Resampler(deviceRate, rate, channels);
    this.meter = new Meter(Math.round((deviceRate * channels) / LEVELS_PER_S));
  }

  /** A block of interleaved samples in -1..1 arrived; its last sample is of now, or a little earlier. */
  offer(block: Float32Array): void {
    const capturedUs = this.clock.startOf(block.length / this.format.channels, pageUs());
    const level = this.meter.add(block);
    if (level) this.report(level);
    const samples = toInt16(this.resampler ? this.resampler.push(block) : block);
    for (const uplink of this.uplinks()) uplink.push(samples, capturedUs);
  }
}

/** Loudness over stretches of a fixed length. Pure. */
export class Meter {
  private readonly length: number;
  private seen = 0;
  private squares = 0;
  private peak = 0;

  constructor(length: number) {
    this.length = length;
  }

  /** Adds samples; the level of the stretch that they complete, or null. */
  add(samples: Float32Array): AudioLevel | null {
    for (const sample of samples) {
      this.squares += sample * sample;
      this.peak = Math.max(this.peak, Math.abs(sample));
    }
    this.seen += samples.length;
    if (this.seen < this.length) return null;
    const level = { rms: Math.min(1, Math.sqrt(this.squares / this.seen)), peak: Math.min(1, this.peak) };
    this.seen = this.squares = this.peak = 0;
    return level;
  }
}
