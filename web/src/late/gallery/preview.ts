/** One item of a gallery in full, with the others in a strip below it. */
import { html, nothing, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { repeat } from "lit/directives/repeat.js";
import { frameTool } from "../../elements/parts/media_frame.ts";
import { t } from "../../words.ts";
import { type GalleryItem, titleOf } from "./items.ts";

interface PreviewActions {
  canSave: boolean;
  /** The tool that fills the screen; empty for none. */
  fill: readonly TemplateResult[];
  swipe: Swipe;
  go(to: number): void;
  close(): void;
  save(): void;
  key(event: KeyboardEvent): void;
}

/** A finger has to go so far, in pixels, and more sideways than up or down. */
const SWIPE_PX = 40;

/** Turns a finger's way from side to side into steps. */
export class Swipe {
  private from: { x: number; y: number } | null = null;
  private readonly step: (by: number) => void;

  constructor(step: (by: number) => void) {
    this.step = step;
  }

  readonly begin = (event: PointerEvent): void => {
    this.from = event.pointerType === "mouse" ? null : { x: event.clientX, y: event.clientY };
  };

  readonly end = (event: PointerEvent): void => {
    if (!this.from) return;
    const [x, y] = [event.clientX - this.from.x, event.clientY - this.from.y];
    this.from = null;
    if (Math.abs(x) >= SWIPE_PX && Math.abs(x) > Math.abs(y)) this.step(x < 0 ? 1 : -1);
  };

  readonly cancel = (): void => {
    this.from = null;
  };
}

/** Arrows, Home and End go through the items, Escape closes. */
export function onPreviewKey(
  event: KeyboardEvent,
  length: number,
  index: number,
  go: (to: number) => void,
  close: () => void,
): void {
  if (event.target instanceof HTMLVideoElement && event.key !== "Escape") return; // it has keys of its own
  const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: length - 1 }[event.key];
  if (event.key === "Escape") close();
  else if (to !== undefined && to >= 0 && to < length) go(to);
  else if (to === undefined) return;
  event.preventDefault();
  event.stopPropagation();
}

export function previewOf(items: readonly GalleryItem[], index: number, actions: PreviewActions): TemplateResult {
  const item = items[index] as GalleryItem;
  const title = titleOf(item, index, items.length);
  const { swipe } = actions;
  return html`<div
    class="ms-full" role="group" aria-label=${title} tabindex="-1" @keydown=${actions.key}
  >
    <div class="ms-full-bar">
      <p aria-live="polite"><span>${item.caption || nothing}</span> <small>${index + 1} / ${items.length}</small></p>
      ${actions.canSave ? frameTool("download", t("Download"), actions.save) : nothing}
      ${actions.fill}
      ${frameTool("close", t("Close"), actions.close)}
    </div>
    <div
      class="ms-full-stage" @pointerdown=${swipe.begin} @pointerup=${swipe.end} @pointercancel=${swipe.cancel}
      @click=${(event: MouseEvent) => event.target === event.currentTarget && actions.close()}
    >
      ${keyed(item.key, item.isVideo ? html`<video src=${item.address} controls playsinline aria-label=${title}></video>` : html`<img src=${item.address} alt=${title} draggable="false" @error=${broken} />`)}
      <p class="ms-full-broken">${item.isVideo ? t("This video cannot be shown.") : t("This image cannot be shown.")}</p>
      ${index > 0 ? step(t("Previous"), "ms-before", () => actions.go(index - 1)) : nothing}
      ${index < items.length - 1 ? step(t("Next"), "ms-after", () => actions.go(index + 1)) : nothing}
    </div>
    ${items.length > 1 ? strip(items, index, actions.go) : nothing}
  </div>`;
}

function broken(event: Event): void {
  (event.target as Element).setAttribute("data-broken", "");
}

function step(name: string, side: string, press: () => void): TemplateResult {
  return html`<button class="ms-step ${side}" type="button" title=${name} @click=${press}><span class="ms-sr">${name}</span></button>`;
}

function strip(items: readonly GalleryItem[], index: number, go: (to: number) => void): TemplateResult {
  const thumb = (item: GalleryItem, at: number): TemplateResult => html`<button
    type="button" tabindex="-1" aria-current=${at === index ? "true" : nothing} aria-label=${titleOf(item, at, items.length)} @click=${() => go(at)}
  >${item.isVideo ? html`<video src="${item.address}#t=0.1" preload="metadata" muted tabindex="-1"></video>` : html`<img src=${item.address} alt="" loading="lazy" decoding="async" draggable="false" />`}</button>`;
  return html`<div class="ms-strip">${repeat(items, ({ key }) => key, thumb)}</div>`;
}
