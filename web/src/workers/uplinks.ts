/** The ways up, in the media worker: the devices of components, and the streams that they feed. */

import { AudioCapture, AudioUplink } from "../capture/audio_uplink.ts";
import { AvUplink } from "../capture/av_uplink.ts";
import { readCamera } from "../capture/camera_frames.ts";
import { FrameUplink } from "../capture/frame_uplink.ts";
import type { Uplink } from "../capture/uplink.ts";
import { MAX_AUDIO_BYTES } from "../codecs/pcm16.ts";
import type { AudioBlock, AudioLevel, CameraFrame } from "../codecs/types.ts";
import type { Open, Stop, StopReason, StreamState } from "../wire/messages.ts";
import type { Packet } from "../wire/packet.ts";
import { t } from "../words.ts";
import type { OpenStream, ToWorkerOf } from "./port.ts";

interface OpenedCamera {
  isMirrored: boolean;
  close(): void;
}

interface OpenedMicrophone {
  capture: AudioCapture;
  close(): void;
}

export interface UplinksEvents {
  say(message: Open | Stop): void;
  /** Sends a packet; `stream` is its stream, which frames beside audio do not name. */
  send(packet: Packet, stream: number): void;
  /** True if a frame that is taken now can leave at once. */
  isFree(stream: number, nowUs: number): boolean;
  /** True while the server can be reached. */
  isReachable(): boolean;
  /** A camera gave a frame, which may be sent. */
  watch(component: number, frame: CameraFrame, capturedUs: number, isSent: boolean): void;
  level(component: number, level: AudioLevel): void;
  /** A stream ended by itself. */
  broken(stream: number, reason: StopReason, message: string): void;
}

export class Uplinks {
  private readonly events: UplinksEvents;
  /** By component; one that records video with audio has both. */
  private readonly cameras = new Map<number, OpenedCamera>();
  private readonly microphones = new Map<number, OpenedMicrophone>();
  private readonly uplinks = new Map<number, Uplink>();
  /** Streams that were stopped and have not ended: they capture nothing more, whatever the server has said meanwhile. */
  private readonly stopped = new Set<number>();

  constructor(events: UplinksEvents) {
    this.events = events;
  }

  get(stream: number): Uplink | undefined {
    return this.uplinks.get(stream);
  }

  /** The component whose camera feeds a stream, if that has one. */
  cameraOf(stream: number): { component: number; isMirrored: boolean } | null {
    const component = this.uplinks.get(stream)?.component ?? 0;
    const camera = this.cameras.get(component);
    return camera ? { component, isMirrored: camera.isMirrored } : null;
  }

  openCamera({ component, source, options }: ToWorkerOf<"camera">): void {
    this.cameras.get(component)?.close();
    const uplinks = (): FrameUplink[] => this.of(component).filter((uplink) => uplink instanceof FrameUplink);
    const fail = (error: unknown): void => {
      const message = t("A frame of the camera could not be sent: {reason}", {
        reason: error instanceof Error ? error.message : String(error),
      });
      for (const uplink of uplinks()) this.break(uplink.stream, "failed", message);
    };
    const watch = (frame: CameraFrame, capturedUs: number, isSent: boolean): void =>
      this.events.watch(component, frame, capturedUs, isSent);
    const close = readCamera(source, options, { uplinks, fail, watch });
    this.cameras.set(component, { close, isMirrored: options.mirror });
  }

  openMicrophone({ component, port, format }: ToWorkerOf<"microphone">): void {
    this.microphones.get(component)?.close();
    const uplinks = (): AudioUplink[] => this.of(component).filter((uplink) => uplink instanceof AudioUplink);
    const capture = new AudioCapture(format, uplinks, (level) => this.events.level(component, level));
    port.onmessage = ({ data }: MessageEvent<AudioBlock>) => capture.offer(data);
    this.microphones.set(component, { capture, close: () => port.close() });
  }

  /** The devices of a component are closed. */
  release(component: number): void {
    for (const devices of [this.cameras, this.microphones]) {
      devices.get(component)?.close();
      devices.delete(component);
    }
  }

  /** Begins a stream; false if nothing can feed it. */
  open(stream: OpenStream): boolean {
    const uplink = this.uplinkFor(stream);
    if (!uplink) return false;
    if (uplink instanceof AudioUplink && uplink.chunkBytes > MAX_AUDIO_BYTES) {
      const message = t("{seconds} s of this microphone do not fit into one packet: the app must ask for less.", {
        seconds: stream.everyS,
      });
      this.events.broken(stream.stream, "failed", message);
      return false;
    }
    this.uplinks.set(stream.stream, uplink);
    const frames = uplink instanceof AvUplink ? uplink.number : 0;
    if (uplink instanceof AvUplink) this.uplinks.set(frames, uplink.frames);
    const { stream: number, binding, seen } = stream;
    this.events.say({ type: "open", stream: number, binding, pictures: frames, seen });
    return true;
  }

  /** The page, or the user, ends a stream. Its uplink stays until the server has what was flushed. */
  stop(stream: number, reason: StopReason, message: string): void {
    const uplink = this.uplinks.get(stream);
    if (!uplink) return;
    this.stopped.add(stream);
    const heldS = (reason === "user" && uplink.heldS) || 0;
    // What never fitted into the backlog would never be taken either: only what was sent counts.
    if (reason === "backlog") uplink.pause();
    const final = reason === "backlog" ? uplink.sent : uplink.finish();
    const stop: Stop = { type: "stop", stream, final, reason, message };
    this.events.say(heldS > 0 ? { ...stop, reason: "failed", message: unheard(heldS) } : stop);
  }

  /** The server moves a stream; at its end this gives the number of its frames. */
  move({ stream, state }: StreamState): number {
    const uplink = this.uplinks.get(stream);
    if (state === "running" && !this.stopped.has(stream)) uplink?.run();
    if (state === "waiting") uplink?.pause();
    if (state === "stopping") uplink?.expire();
    const frames = uplink instanceof AvUplink ? uplink.number : stream;
    if (state !== "ended") return frames;
    uplink?.pause();
    for (const number of [stream, frames]) this.uplinks.delete(number);
    this.stopped.delete(stream);
    return frames;
  }

  /** The place of each number of packets: see `Hello`. */
  get places(): [number, number, number][] {
    return [...this.uplinks].map(([number, { place }]) => [number, ...place]);
  }

  /** The link is back: the server has the packets of each number up to `received`. */
  resume(received: { [number: string]: number }): void {
    for (const [number, uplink] of this.uplinks) {
      const last = received[number];
      if (last !== undefined) uplink.resume(last);
    }
  }

  /** The session is over. Devices stay until the page closes them. */
  clear(): void {
    for (const uplink of this.uplinks.values()) uplink.pause();
    this.uplinks.clear();
    this.stopped.clear();
  }

  private uplinkFor({ stream, frames, component, everyS, keep, maxBacklogS }: OpenStream): Uplink | null {
    const send = (packet: Packet): void => this.events.send(packet, stream);
    const free = (number: number, nowUs: number): boolean => this.events.isFree(number, nowUs);
    const microphone = this.microphones.get(component)?.capture;
    if (!microphone) return this.cameras.has(component) ? new FrameUplink(stream, component, everyS, send, free) : null;
    const { rate, channels } = microphone.format;
    const overflow = (): void => {
      const seconds = maxBacklogS;
      const cause = this.events.isReachable()
        ? t("The app is too slow for the microphone: more than {seconds} s of audio wait.", { seconds })
        : t("The connection was lost: more than {seconds} s of audio wait.", { seconds });
      this.break(stream, "backlog", cause);
    };
    const options = { rate, channels, everyS, keep, maxBacklogS };
    if (frames) return new AvUplink(stream, frames, component, options, send, overflow, free);
    return new AudioUplink(stream, component, options, send, overflow);
  }

  private break(stream: number, reason: StopReason, message: string): void {
    this.stop(stream, reason, message);
    this.events.broken(stream, reason, message);
  }

  private of(component: number): Uplink[] {
    return [...this.uplinks.values()].filter((uplink) => uplink.component === component);
  }
}

/** A recording is stopped that has lost its turn with the connection, before it has another one. */
function unheard(seconds: number): string {
  return t("It was stopped before its turn came again: {seconds} s recorded without a connection were not handled.", {
    seconds: seconds.toFixed(1),
  });
}
