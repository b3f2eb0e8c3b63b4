/** The way up of camera and microphone together, in the worker: sound, and a picture for each chunk of it. */

import type { Packet } from "../wire/packet.ts";
import { SoundUplink } from "./audio_uplink.ts";
import type { BacklogOptions } from "./backlog.ts";
import { PictureUplink } from "./frame_uplink.ts";

/**
 * One stream that both devices feed. It is moved as that of the sound; its pictures have a number and credit of their own.
 *
 * A picture is due in the middle of each chunk, so that it is there before the chunk is complete.
 */
export class FilmUplink extends SoundUplink {
  /** The number of its pictures on the wire. */
  readonly number: number;
  readonly pictures: PictureUplink;
  private readonly options: BacklogOptions;

  constructor(
    stream: number,
    number: number,
    component: number,
    options: BacklogOptions,
    send: (packet: Packet) => void,
    overflow: () => void,
  ) {
    super(stream, component, options, send, overflow);
    this.options = options;
    this.number = number;
    const sendPicture = (packet: Packet): void => send({ ...packet, stream: number });
    this.pictures = new PictureUplink(stream, component, options.everyS, sendPicture);
  }

  override run(): void {
    super.run();
    this.pictures.run();
  }

  override pause(): void {
    super.pause();
    this.pictures.pause();
  }

  override expire(): void {
    super.expire();
    this.pictures.pause();
  }

  override push(samples: Int16Array, capturedUs: number): void {
    super.push(samples, capturedUs);
    const { rate, channels } = this.options;
    const count = samples.length / channels;
    // The first picture is due at once: no sound is handled before there is one.
    if (this.isRunning && this.begun < count) {
      const middle = count - this.begun + this.chunk / 2;
      this.pictures.aim(capturedUs + (middle / rate) * 1e6);
    }
  }
}
