/** The common parts of `Image` and `Video`: a frame of the camera's shape, and the live preview in it. */
import { html, nothing, type TemplateResult } from "lit";
import { PREVIEW_CLASS } from "../../constants.ts";
import type { StreamView } from "../../states.ts";
import { length, type Styles } from "./styled.ts";

export interface FrameShape {
  /** The requested size; null leaves it to the camera. */
  size: readonly [number, number] | null;
  height: number | string | null;
  width: number | string | null;
}

/** The frame's size, before the first image and after it: what the app declared, else the ratio of cameras (CSS). */
export function frameSize({ size, width, height }: FrameShape): Styles {
  const ratio = size ? `${size[0]} / ${size[1]}` : null;
  if (height == null) return { "--ms-ratio": ratio, width: length(width), height: null, "max-height": null };
  return { "--ms-ratio": "auto", width: length(width), height: length(height), "max-height": "none" };
}

export function preview({ preview, mirrored }: StreamView): TemplateResult | typeof nothing {
  if (!preview) return nothing;
  return html`<video
    class="${PREVIEW_CLASS} ${mirrored ? "ms-mirrored" : ""}" aria-label="Live camera" autoplay playsinline
    .muted=${true} .srcObject=${preview}
  ></video>`;
}

/** Starts the preview inside `frame`: not all browsers obey `autoplay`. */
export function playPreview(frame: HTMLElement): void {
  void frame
    .querySelector<HTMLVideoElement>(`.${PREVIEW_CLASS}`)
    ?.play()
    .catch(() => undefined);
}
