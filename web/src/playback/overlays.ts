/** Marks on the frames of cameras, in the worker: the script that draws them is loaded when the first ones come. */

import type { FrameCodec, FrameDecoder } from "../codecs/codec.ts";
import type { CameraFrame } from "../codecs/types.ts";
import type { CameraOverlay, OverlayEvents } from "../overlay/camera_overlay.ts";
import type { Packet } from "../wire/packet.ts";

/** The script, once it is loaded. */
export type OverlayScript = typeof import("../overlay/overlay.ts");

/** The camera that feeds a stream: its component, and whether its frames are sent mirrored. */
interface FeedingCamera {
  component: number;
  isMirrored: boolean;
}

export interface OverlaysEvents extends OverlayEvents {
  /** The camera of a stream; null if it is closed. */
  cameraOf(stream: number): FeedingCamera | null;
}

export class Overlays {
  /** Decodes marks to the frame that they belong to, with them on it. */
  readonly codec: FrameCodec = { mime: null, openDecoder: () => this.openDecoder() };
  /** Where the script is. */
  address = "";
  private readonly events: OverlaysEvents;
  private readonly cameras = new Map<number, CameraOverlay>();
  private script: Promise<OverlayScript> | null = null;

  constructor(events: OverlaysEvents) {
    this.events = events;
  }

  /** A frame of a camera arrived, which stays the caller's; `isSent`: it is on its way to the server. */
  offer(component: number, frame: CameraFrame, capturedUs: number, isSent: boolean): void {
    this.cameras.get(component)?.offer(frame, capturedUs, isSent);
  }

  /** A frame is on the screen, whose pixels are `scale` pixels of the page: captions are legible at any size. */
  presented(component: number, scale: number): void {
    for (const camera of this.cameras.values()) camera.presented(component, scale);
  }

  /** The camera of a component is closed, or another one is opened. */
  release(component: number): void {
    this.cameras.delete(component);
  }

  /** The decoder of one output in one stream; closed, it carries nothing on. */
  private openDecoder(): FrameDecoder {
    let close = (): void => {};
    return {
      decode: async (packet: Packet, timestampUs: number) => {
        const { component, payload, captured_us: capturedUs } = packet;
        const camera = await this.find(packet.stream);
        close = () => camera?.forget(component);
        return camera?.draw(component, payload, capturedUs, timestampUs) ?? null;
      },
      close: () => close(),
    };
  }

  private async find(stream: number): Promise<CameraOverlay | null> {
    this.script ??= import(/* @vite-ignore */ this.address) as Promise<OverlayScript>;
    const { CameraOverlay } = await this.script;
    const camera = this.events.cameraOf(stream);
    if (!camera) return null;
    const known = this.cameras.get(camera.component);
    if (known) return known;
    const opened = new CameraOverlay(camera.isMirrored, this.events);
    this.cameras.set(camera.component, opened);
    return opened;
  }
}
