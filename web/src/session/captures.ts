/** Where the media of components that record goes: to the worker, which streams it, into a clip, or both. */

import { AudioClip } from "../capture/audio_clip.ts";
import { LEVELS_PER_S, Meter } from "../capture/audio_uplink.ts";
import type { Camera, VideoCapture } from "../capture/camera.ts";
import type { Microphone } from "../capture/microphone.ts";
import { Photo } from "../capture/photo.ts";
import type { VideoClip } from "../capture/video_clip.ts";
import type { AudioBlock, AudioLevel } from "../codecs/types.ts";
import type { Manifest } from "../manifest.ts";
import type { StreamView } from "../states.ts";
import { t } from "../words.ts";
import type { ToWorker } from "../workers/port.ts";
import { streamsOf } from "./binding_inputs.ts";
import type { Store } from "./store.ts";

/** A recording that is not streamed, or will be in a moment: a recorder takes its time to end. Rejects with a sentence. */
export type ClipFile = File | Promise<File | null>;

const SILENCE = t("The microphone had not delivered anything yet. Press Record to try again.");

export interface CapturesEvents {
  post(message: ToWorker, transfer?: Transferable[]): void;
  level(component: number, level: AudioLevel): void;
  /** A clip is full, or cannot go on. */
  full(component: number): void;
}

export class Captures {
  private readonly manifest: Manifest;
  private readonly store: Store;
  private readonly events: CapturesEvents;
  private readonly clips = new Map<number, AudioClip | VideoClip | Photo>();
  /** Components whose streams get camera and microphone. */
  private readonly both = new Set<number>();
  private script: VideoCapture | null = null;

  constructor(manifest: Manifest, store: Store, events: CapturesEvents) {
    this.manifest = manifest;
    this.store = store;
    this.events = events;
  }

  /** True if the streams of a component bring frames along with audio. */
  hasBoth(component: number): boolean {
    return this.both.has(component);
  }

  /** True if `load` has to be called before a component can be recorded. */
  needsScript(component: number): boolean {
    return !this.script && this.records(component);
  }

  /** Loads the script that records videos. */
  async load(): Promise<void> {
    this.script = await import(/* @vite-ignore */ scriptOf(this.manifest));
  }

  /** A device was opened, the first of a recording or another one in place of it. */
  attach(component: number, camera: Camera | null, microphone: Microphone | null): void {
    const isStreamed = streamsOf(this.manifest, component).length > 0;
    if (!isStreamed || this.records(component)) this.keep(component, camera, microphone);
    if (isStreamed) this.feed(component, camera, microphone);
    else if (camera && microphone) this.measure(component, microphone);
  }

  /** Records a video beside its stream only while the stream has its slot. */
  hold(component: number, { state }: StreamView): void {
    const clip = this.clips.get(component);
    if (clip && "hold" in clip && state !== "idle") clip.hold(state !== "running");
  }

  /** Releases the devices; returns everything that was recorded besides being streamed. Photos are taken only on demand. */
  release(component: number, isWanted: boolean): ClipFile | null {
    if (!isWanted && this.clips.get(component) instanceof Photo) this.discard(component);
    const clip = this.clips.get(component);
    const file = clip?.finish() ?? (clip instanceof AudioClip ? Promise.reject(new Error(SILENCE)) : null);
    if (file instanceof Promise) file.catch(() => {}); // told when it is sent, which may be much later
    this.clips.delete(component);
    this.events.post({ type: "release", component });
    return file;
  }

  /** Takes a photo of a camera that stays open; null if it takes none. */
  take(component: number): ClipFile | null {
    const clip = this.clips.get(component);
    const file = clip instanceof Photo ? clip.take() : null;
    file?.catch(() => {}); // told when it is sent
    return file;
  }

  /** Discards everything recorded so far. */
  discard(component: number): void {
    const file = this.clips.get(component)?.finish();
    if (file instanceof Promise) file.catch(() => {}); // nobody wants it
    this.clips.delete(component);
  }

  /** True if a video of a component is recorded: it has no stream, or an ordinary event takes the video as well. */
  private records(component: number): boolean {
    if (!this.store.can(component, "records_video")) return false;
    const isTaken = this.manifest.bindings.some(({ stream, inputs }) => !stream && inputs.includes(component));
    return isTaken || streamsOf(this.manifest, component).length === 0;
  }

  /** Records media that is not streamed, or is also needed as a whole. */
  private keep(component: number, camera: Camera | null, microphone: Microphone | null): void {
    if (camera && this.store.can(component, "records_video")) this.keepVideo(component, camera, microphone);
    else if (camera) this.keepPhoto(component, camera);
    else if (microphone) this.keepAudio(component, microphone);
  }

  private keepPhoto(component: number, camera: Camera): void {
    const photo = this.clips.get(component);
    if (photo instanceof Photo) photo.change(camera);
    else this.clips.set(component, new Photo(camera));
  }

  private keepAudio(component: number, device: Microphone): void {
    const before = this.clips.get(component);
    if (before instanceof AudioClip) {
      before.change(device);
      return;
    }
    const clip = new AudioClip(
      device,
      this.store.longestS(component),
      (level) => this.events.level(component, level),
      () => this.events.full(component),
    );
    this.clips.set(component, clip);
  }

  private keepVideo(component: number, camera: Camera, microphone: Microphone | null): void {
    const clip = this.clips.get(component);
    const track = microphone?.track ?? null;
    // Another camera continues the same video.
    if (clip && "hold" in clip) clip.change(camera, track);
    else if (this.script) {
      this.clips.set(component, new this.script.VideoClip(camera, track, () => this.events.full(component)));
    }
  }

  private feed(component: number, camera: Camera | null, microphone: Microphone | null): void {
    if (camera) this.feedFrames(component, camera);
    if (microphone) this.feedAudio(component, microphone);
    if (camera && microphone) this.both.add(component);
    else this.both.delete(component);
  }

  private feedAudio(component: number, { port, format }: Microphone): void {
    this.events.post({ type: "microphone", component, port, format }, [port]);
  }

  private feedFrames(component: number, { source, mirrored }: Camera): void {
    const props = this.store.props(component);
    const options = {
      size: (props["model_size"] ?? props["size"] ?? null) as [number, number] | null,
      covers: props["covers"] === true,
      mirror: mirrored,
      quality: (props["quality"] ?? 0.8) as number,
    };
    this.events.post({ type: "camera", component, source, options }, [source]);
  }

  /** Takes samples that nobody else takes, so that they do not pile up, and reports their level. */
  private measure(component: number, { port, format }: Microphone): void {
    const meter = new Meter(Math.round((format.deviceRate * format.channels) / LEVELS_PER_S));
    port.onmessage = ({ data }: MessageEvent<AudioBlock>) => {
      const level = meter.add(data);
      if (level) this.events.level(component, level);
    };
  }
}

/** The address of the script that records videos, and reads cameras whose tracks cannot be read. */
export const scriptOf = ({ assets }: Manifest): string => new URL(assets.video_capture, document.baseURI).href;
