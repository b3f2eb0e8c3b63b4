/** A list in the top layer that stays at its anchor: above everything, clipped by nothing. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

const GAP_PX = 4;
const MARGIN_PX = 8;
const MOST_PX = 320;

/**
 * Shows `list` (a `popover`) under `anchor`, or above where there is more room; as wide as the anchor if `stretch`, and as
 * high as its first `rows` if a number is given.
 */
export function open(list: HTMLElement, anchor: Element | Range, stretch: boolean, rows?: number | null): void {
  if (!list.matches(":popover-open")) list.showPopover();
  const at = anchor.getBoundingClientRect();
  const below = window.innerHeight - at.bottom - GAP_PX - MARGIN_PX;
  const above = at.top - GAP_PX - MARGIN_PX;
  const { style } = list;
  if (stretch) style.width = `${at.width}px`;
  style.maxHeight = `${Math.min(rows ? heightOf(list, rows) : MOST_PX, Math.max(below, above))}px`;
  const under = list.offsetHeight <= below || below >= above;
  style.top = under ? `${at.bottom + GAP_PX}px` : `${at.top - GAP_PX - list.offsetHeight}px`;
  const left = Math.min(at.left, window.innerWidth - list.offsetWidth - MARGIN_PX);
  style.left = `${Math.max(MARGIN_PX, left)}px`;
}

/** The height at which a list shows its first `rows`; no limit if it has no more. */
function heightOf(list: HTMLElement, rows: number): number {
  const next = list.children[rows] as HTMLElement | undefined;
  return next ? next.offsetTop + list.offsetHeight - list.clientHeight : Number.POSITIVE_INFINITY;
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

  /** Shows `list` as wide as its anchor; hides it if that is null. `rows` as for `open`. */
  show(list: HTMLElement, anchor: Element | null, rows?: number | null): void {
    if (!anchor) {
      close(list);
      this.hostDisconnected();
      return;
    }
    open(list, anchor, true, rows);
    this.unwatch ??= watch((event) => {
      if (event.target !== list) open(list, anchor, true, rows);
    });
  }

  hostDisconnected(): void {
    this.unwatch?.();
    this.unwatch = null;
  }
}
