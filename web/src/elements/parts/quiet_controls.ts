/** Controls over a live image, which fade when they are not needed. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Without a pointer or a touch for so long, they go. */
const QUIET_MS = 2_000;

const ACTS = ["pointermove", "pointerdown", "focusin", "keydown"] as const;

/**
 * Marks its host `data-quiet` when nobody has pointed at it for two seconds.
 *
 * CSS decides what fades then, and when: not while a key of the keyboard has put the focus there. A touch on controls
 * that nobody sees only brings them back.
 */
export class QuietControls implements ReactiveController {
  private readonly host: ReactiveControllerHost & HTMLElement;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isSuppressed = false;

  constructor(host: ReactiveControllerHost & HTMLElement) {
    this.host = host;
    host.addController(this);
  }

  hostConnected(): void {
    for (const act of ACTS) this.host.addEventListener(act, this.wake, { capture: true, passive: true });
    this.host.addEventListener("click", this.suppress, { capture: true });
    this.wait();
  }

  hostDisconnected(): void {
    for (const act of ACTS) this.host.removeEventListener(act, this.wake, { capture: true });
    this.host.removeEventListener("click", this.suppress, { capture: true });
    clearTimeout(this.timer);
  }

  private readonly wake = (event: Event): void => {
    if (event.type === "pointerdown") {
      const isTouch = (event as PointerEvent).pointerType === "touch";
      this.isSuppressed = isTouch && isFaded(event.target as Element);
    }
    this.host.removeAttribute("data-quiet");
    this.wait();
  };

  private readonly suppress = (event: Event): void => {
    if (!this.isSuppressed) return;
    this.isSuppressed = false;
    event.stopPropagation();
    event.preventDefault();
  };

  private wait(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.host.setAttribute("data-quiet", ""), QUIET_MS);
  }
}

/** True if a control is there and cannot be seen. */
function isFaded(target: Element): boolean {
  const bar = target.closest(".ms-bar");
  return bar !== null && getComputedStyle(bar).opacity === "0";
}
