/** The way up of camera and microphone together, in the worker: audio, and a frame for each chunk of it. */

import type { Packet } from "../wire/packet.ts";
import { AudioUplink } from "./audio_uplink.ts";
import type { BacklogOptions } from "./backlog.ts";
import { FrameUplink } from "./frame_uplink.ts";

/**
 * One stream that both devices feed. It is moved as that of the audio; its frames have a number and credit of their own.
 *
 * A frame is due in the middle of each chunk, so that it is there before the chunk is complete.
 */
export class AvUplink extends AudioUplink {
  /** The number of its frames on the wire. */
  readonly number: number;
  readonly frames: FrameUplink;
  private readonly options: BacklogOptions;

  constructor(
    stream: number,
    number: number,
    component: number,
    options: BacklogOptions,
    send: (packet: Packet) => void,
    overflow: () => void,
    mayLeave: (stream: number, nowUs: number) => boolean = () => true,
  ) {
    super(stream, component, options, send, overflow);
    this.options = options;
    this.number = number;
    const sendFrame = (packet: Packet): void => send({ ...packet, stream: number });
    this.frames = new FrameUplink(stream, component, options.everyS, sendFrame, (_, nowUs) => mayLeave(number, nowUs));
  }

  override run(): void {
    super.run();
    this.frames.run();
  }

  override pause(): void {
    super.pause();
    this.frames.pause();
  }

  override expire(): void {
    super.expire();
    this.frames.pause();
  }

  override push(samples: Int16Array, capturedUs: number): void {
    super.push(samples, capturedUs);
    const { rate, channels } = this.options;
    const count = samples.length / channels;
    // The first frame is due at once: no audio is handled before there is one.
    if (this.isRunning && this.begun < count) {
      const middle = count - this.begun + this.chunk / 2;
      this.frames.aim(capturedUs + (middle / rate) * 1e6);
    }
  }
}
