/** The way up of frames, in the worker: the credit, pace and packets of one stream that a camera feeds. */

import type { Encoded } from "../codecs/codec.ts";
import { pageUs } from "../transport/clock.ts";
import { UpCredit } from "../transport/credit.ts";
import type { Encode } from "../wire/messages.ts";
import type { Packet } from "../wire/packet.ts";
import { CodecNumber, Flag, PacketKind } from "../wire/packet.ts";
import { FramePace } from "./frame_pace.ts";
import type { Uplink } from "./uplink.ts";

/** One stream that a camera feeds. */
export class FrameUplink implements Uplink {
  readonly stream: number;
  readonly component: number;
  private readonly credit = new UpCredit();
  /** The way in which the server wants its frames encoded; null for that of the app. */
  way: Encode | null = null;
  private readonly everyS: number;
  private pace: FramePace;
  private needsKey = true;
  private readonly send: (packet: Packet) => void;
  private readonly mayLeave: (stream: number, nowUs: number) => boolean;
  private isRunning = false;
  /** Frames that are being encoded since before the link was lost: what they build on may be missing over there. */
  private outdated = 0;
  /** The slot is over, and the server waits for a packet that says so. */
  private owesLast = false;

  /** `mayLeave` says whether the link is free for a frame of the stream. */
  constructor(
    stream: number,
    component: number,
    everyS: number,
    send: (packet: Packet) => void,
    mayLeave: (stream: number, nowUs: number) => boolean = () => true,
  ) {
    this.stream = stream;
    this.component = component;
    this.everyS = everyS;
    this.pace = new FramePace(everyS);
    this.send = send;
    this.mayLeave = mayLeave;
  }

  get sent(): number {
    return this.credit.last;
  }

  get place(): [number, number] {
    return [this.credit.last, this.credit.limit];
  }

  /** Frames are encoded in another way from the next one on. */
  encodeAs(way: Encode): void {
    this.way = way;
    this.pace = new FramePace(way.frames_per_s > 0 ? Math.max(this.everyS, 1 / way.frames_per_s) : this.everyS);
  }

  /** The server misses a frame that later ones build on. */
  requestKeyFrame(): void {
    this.needsKey = true;
  }

  /** True if the next frame has to be a key frame; whoever asks sees to that. */
  takeKeyRequest(): boolean {
    const { needsKey } = this;
    this.needsKey = false;
    return needsKey;
  }

  run(): void {
    if (!this.isRunning) this.pace.restart();
    this.needsKey ||= !this.isRunning;
    this.isRunning = true;
  }

  pause(): void {
    this.isRunning = false;
  }

  expire(): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    this.owesLast = true;
    this.settle();
  }

  finish(): number {
    this.isRunning = false;
    return this.sent;
  }

  raise(limit: number): void {
    this.credit.raise(limit);
    this.settle();
  }

  /** Frames are not sent again: the next one takes the sequence of the first that was lost, and stands alone. */
  resume(received: number): void {
    const isLost = this.credit.rewind(received);
    this.outdated = this.credit.begun;
    this.needsKey = true;
    // The server may be waiting for the last one.
    if (isLost && !this.isRunning) this.owesLast = true;
    this.settle();
  }

  /** True if the frame of `nowUs` is to be taken. */
  wants(nowUs: number, intervalUs: number): boolean {
    const isWanted = this.isRunning && this.credit.isFree && this.pace.isDue(nowUs, intervalUs);
    return isWanted && this.mayLeave(this.stream, nowUs);
  }

  /** The next frame is to be that of `dueUs`; the first one of a slot is due at once in any case. */
  aim(dueUs: number): void {
    this.pace.aim(dueUs);
  }

  /** Takes the frame of `nowUs`: it counts as sent from here on. */
  begin(nowUs: number): void {
    this.pace.take(nowUs);
    this.credit.reserve();
  }

  /** Sends what came of the frame that was begun; nothing if that failed, or if the stream no longer runs. */
  complete(encoded: Encoded | null, capturedUs: number): void {
    const isOutdated = this.outdated > 0;
    if (isOutdated) this.outdated--;
    if (encoded && this.isRunning && !isOutdated) this.dispatch(encoded, capturedUs);
    else {
      this.credit.release();
      // What was encoded and not sent is missing over there.
      this.needsKey ||= encoded !== null;
    }
    this.settle();
  }

  /** Says that nothing more comes in this slot: frames are not held back, so there is nothing else to hand over. */
  private settle(): void {
    if (!this.owesLast || !this.credit.isFree) return;
    this.owesLast = false;
    this.credit.reserve();
    const nothing = new Uint8Array(0);
    this.dispatch(
      { codec: CodecNumber.JPEG, flags: Flag.KEY | Flag.INDEPENDENT | Flag.LAST, payload: nothing },
      pageUs(),
    );
  }

  private dispatch(encoded: Encoded, capturedUs: number): void {
    this.send({
      ...encoded,
      kind: PacketKind.PICTURE,
      stream: this.stream,
      component: this.component,
      sequence: this.credit.commit(),
      source: 0,
      call: 0,
      captured_us: capturedUs,
    });
  }
}
