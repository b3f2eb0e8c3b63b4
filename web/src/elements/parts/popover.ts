/** A list in the top layer that stays at its anchor: above everything, clipped by nothing. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

const GAP_PX = 4;
const MARGIN_PX = 8;
const MOST_PX = 320;

/** Shows `list` (a `popover`) under `anchor`, or above where there is more room; as wide as the anchor if `stretch`. */
export function open(list: HTMLElement, anchor: Element, stretch: boolean): void {
  if (!list.matches(":popover-open")) list.showPopover();
  const at = anchor.getBoundingClientRect();
  const below = window.innerHeight - at.bottom - GAP_PX - MARGIN_PX;
  const above = at.top - GAP_PX - MARGIN_PX;
  const { style } = list;
  if (stretch) style.width = `${at.width}px`;
  style.maxHeight = `${Math.min(MOST_PX, Math.max(below, above))}px`;
  const under = list.offsetHeight <= below || below >= above;
  style.top = under ? `${at.bottom + GAP_PX}px` : `${at.top - GAP_PX - list.offsetHeight}px`;
  const left = Math.min(at.left, window.innerWidth - list.offsetWidth - MARGIN_PX);
  style.left = `${Math.max(MARGIN_PX, left)}px`;
}

export function close(list: HTMLElement): void {
  if (list.matches(":popover-open")) list.hidePopover();
}

/** Calls `moved` when the anchor may have moved; returns a function that stops it. */
export function watch(moved: (event: Event) => void): () => void {
  window.addEventListener("resize", moved);
  window.addEventListener("scroll", moved, { capture: true, passive: true });
  return () => {
    window.removeEventListener("resize", moved);
    window.removeEventListener("scroll", moved, { capture: true });
  };
}

/** Keeps a list at its anchor for as long as it is shown and its host is in the page. */
export class ListPopover implements ReactiveController {
  private unwatch: (() => void) | null = null;

  constructor(host: ReactiveControllerHost) {
    host.addController(this);
  }

  /** Shows `list` as wide as its anchor; hides it if that is null. */
  show(list: HTMLElement, anchor: Element | null): void {
    if (!anchor) {
      close(list);
      this.hostDisconnected();
      return;
    }
    open(list, anchor, true);
    this.unwatch ??= watch((event) => {
      if (event.target !== list) open(list, anchor, true);
    });
  }

  hostDisconnected(): void {
    this.unwatch?.();
    this.unwatch = null;
  }
}
