/** The common parts of `Image` and `Video`: a frame of the camera's shape, and the live preview in it. */
import { html, nothing, type TemplateResult } from "lit";
import { type Drawable, sizeOf } from "../../capture/still_image.ts";
import { PREVIEW_CLASS } from "../../constants.ts";
import type { StreamView } from "../../states.ts";
import { t } from "../../words.ts";
import { length, type Styles } from "./styled.ts";

export interface FrameShape {
  /** The requested size; null leaves it to the camera. */
  size: readonly [number, number] | null;
  height: number | string | null;
  width: number | string | null;
}

/**
 * The frame's size: what the app declared, else the ratio of what it shows, or showed last (`seen`; null if nothing yet),
 * else that of cameras (CSS).
 */
export function frameSize({ size, width, height }: FrameShape, seen: string | null): Styles {
  if (height == null) {
    const ratio = seen ?? (size ? `${size[0]} / ${size[1]}` : null);
    return { "--ms-ratio": ratio, width: length(width), height: null, "max-height": null, "max-width": null };
  }
  const sides = { width: length(width), height: length(height) };
  return { "--ms-ratio": "auto", ...sides, "max-height": "none", "max-width": "100%" };
}

/** The ratio of an image or video, as CSS has it; null while it is unknown. */
export function ratioOf(shown: Drawable): string | null {
  const [width, height] = sizeOf(shown);
  return width > 0 && height > 0 ? `${width} / ${height}` : null;
}

export function preview({ preview, mirrored }: StreamView): TemplateResult | typeof nothing {
  if (!preview) return nothing;
  return html`<video
    class="${PREVIEW_CLASS} ${mirrored ? "ms-mirrored" : ""}" aria-label=${t("Live camera")} autoplay playsinline
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
