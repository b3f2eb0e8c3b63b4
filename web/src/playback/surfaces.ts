/** Results on the page: one surface per component, swapped only for something that is decoded already. */

import { generateTrack } from "../capture/tracks.ts";
import type { FrameTarget } from "../codecs/types.ts";
import { OUTPUT_CLASS } from "../constants.ts";
import type { OutputElement, OutputSurface } from "../states.ts";

/** Timestamps of frames are whole microseconds; a `<video>` reports them in seconds. */
const US_PER_S = 1e6;

/** Between two frames whose presentation is reported, of a sample: each one costs the page a turn of its rendering. */
const SAMPLE_MS = 200;

export interface SurfacesEvents {
  /** A new streamed surface: its target goes to the worker. */
  target(component: number, target: FrameTarget): void;
  /** Something else took the place of a component's streamed surface. */
  covered(component: number): void;
  /** The `<video>` of a component presented a frame, whose pixels are `scale` pixels of the page: see `reportsAll`. */
  presented(component: number, timestampUs: number, atUs: number, scale: number): void;
  /** An image could not be loaded or decoded. */
  failed(component: number): void;
}

interface Output {
  surface: OutputSurface;
  /** The streamed surface, once there was a stream. */
  streamed: HTMLVideoElement | HTMLCanvasElement | null;
  current: OutputElement | null;
  /** Counts what was asked to be shown, and which of it is shown: an older one never replaces a newer one. */
  asked: number;
  shown: number;
  /** The still that is being decoded, and the newest that waits. */
  isDecoding: boolean;
  waiting: Still | null;
  /** Blob address of what is shown, to be freed. */
  address: string | null;
}

/** An address, the bytes of a file, or either of them in a while. */
export type StillSource = string | Blob | Promise<string | Blob>;

interface Still {
  order: number;
  source: StillSource;
  placed: (image: HTMLImageElement) => void;
}

export class Surfaces {
  private readonly surfaceOf: (component: number) => OutputSurface | null;
  private readonly events: SurfacesEvents;
  private readonly outputs = new Map<number, Output>();
  /** The presentation of every frame is reported, as somebody watches the latency; else that of a sample. */
  reportsAll = false;

  constructor(surfaceOf: (component: number) => OutputSurface | null, events: SurfacesEvents) {
    this.surfaceOf = surfaceOf;
    this.events = events;
  }

  /** A stream is about to send frames for this component: the worker gets a target, if it has none yet. */
  prepare(component: number): void {
    const output = this.find(component);
    if (!output || output.streamed) return;
    const track = generateTrack();
    if (track) {
      output.streamed = this.openVideo(component, track);
      this.events.target(component, track.writable);
    } else {
      const canvas = document.createElement("canvas");
      if (!canvas.transferControlToOffscreen) return; // without a target, each frame is shown as an image
      output.streamed = canvas;
      this.events.target(component, canvas.transferControlToOffscreen());
    }
    output.streamed.classList.add(OUTPUT_CLASS);
  }

  /** The streamed surface has its first frame: show it. */
  stream(component: number): void {
    const output = this.find(component);
    if (output?.streamed) this.place(component, output, ++output.asked, output.streamed);
  }

  /** Shows an image by address or from bytes, as soon as it is decoded; `placed` is called when it is in the page. */
  show(component: number, source: StillSource, placed: (image: HTMLImageElement) => void = () => {}): void {
    const output = this.find(component);
    if (!output) return;
    output.waiting = { order: ++output.asked, source, placed };
    if (!output.isDecoding) void this.work(component, output);
  }

  clear(component: number): void {
    const output = this.find(component);
    if (!output) return;
    output.waiting = null;
    this.place(component, output, ++output.asked, null);
  }

  /** A component is gone: nothing is shown in it any more. */
  forget(component: number): void {
    const output = this.outputs.get(component);
    if (output) output.waiting = null;
    this.outputs.delete(component);
  }

  private find(component: number): Output | null {
    const found = this.outputs.get(component);
    if (found) return found;
    const surface = this.surfaceOf(component);
    if (!surface) return null;
    const output: Output = {
      surface,
      streamed: null,
      current: null,
      asked: 0,
      shown: 0,
      isDecoding: false,
      waiting: null,
      address: null,
    };
    this.outputs.set(component, output);
    return output;
  }

  /** Decodes stills one after the other; those in between that were overtaken are never begun. */
  private async work(component: number, output: Output): Promise<void> {
    output.isDecoding = true;
    for (let still = output.waiting; still; still = output.waiting) {
      output.waiting = null;
      await this.load(component, output, still);
    }
    output.isDecoding = false;
  }

  private async load(component: number, output: Output, { order, source, placed }: Still): Promise<void> {
    let address: string | null = null;
    const image = new Image();
    image.alt = "";
    image.classList.add(OUTPUT_CLASS);
    try {
      const found = source instanceof Promise ? await source : source;
      if (typeof found !== "string") address = URL.createObjectURL(found);
      image.src = address ?? (found as string);
      await image.decode();
    } catch {
      if (address) URL.revokeObjectURL(address);
      if (order > output.shown) this.events.failed(component);
      return;
    }
    if (this.place(component, output, order, image, address)) placed(image);
    else if (address) URL.revokeObjectURL(address);
  }

  private place(
    component: number,
    output: Output,
    order: number,
    element: OutputElement | null,
    address: string | null = null,
  ): boolean {
    if (order <= output.shown) return false;
    output.shown = order;
    if (element !== output.current) {
      output.surface.place(element);
      if (output.current && output.current === output.streamed) this.events.covered(component);
    }
    output.current = element;
    if (output.address) URL.revokeObjectURL(output.address);
    output.address = address;
    return true;
  }

  private openVideo(component: number, track: MediaStreamTrack): HTMLVideoElement {
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    video.srcObject = new MediaStream([track]);
    // A video that is moved in the document pauses; there is no other reason why this one would.
    const play = (): void => void video.play().catch(() => {});
    video.onpause = play;
    play();
    if ("requestVideoFrameCallback" in video) this.watch(component, video);
    return video;
  }

  private watch(component: number, video: HTMLVideoElement): void {
    const presented: VideoFrameRequestCallback = (_now, { mediaTime, presentationTime, expectedDisplayTime }) => {
      // After a pause Chromium expects the display at a refresh of the screen that is long over.
      const atUs = Math.round((performance.timeOrigin + Math.max(presentationTime, expectedDisplayTime)) * 1000);
      const scale = Math.min(video.clientWidth / video.videoWidth, video.clientHeight / video.videoHeight);
      this.events.presented(component, Math.round(mediaTime * US_PER_S), atUs, scale);
      this.reportsAll ? next() : setTimeout(next, SAMPLE_MS);
    };
    const next = (): void => void video.requestVideoFrameCallback(presented);
    next();
  }
}
