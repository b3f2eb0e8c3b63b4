import { LitElement, type PropertyValues } from "lit";
import { property } from "lit/decorators.js";
import { plural, t } from "../../words.ts";
import { customElement } from "./define.ts";

const PULSE_FROM_MS = 3000;
/** A deadline that moved by less than this is the same one after another comparison of clocks. */
const SAME_MS = 250;

/**
 * The time that is left, as a bar along the lower edge of a frame.
 *
 * The browser's compositor moves it, not a timer: the bar is one animation from now to the deadline. The number for
 * assistive technology counts whole seconds.
 */
@customElement("ms-time")
export class TimeLeft extends LitElement {
  @property({ attribute: false }) limitS = 0;
  /** In milliseconds of `performance.now()`. */
  @property({ attribute: false }) deadlineMs = 0;
  private readonly fill = document.createElement("i");
  private drawnMs = 0;
  private tick: ReturnType<typeof setTimeout> | undefined;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.setAttribute("role", "progressbar");
    this.setAttribute("aria-label", t("Remaining time"));
    this.setAttribute("aria-valuemin", "0");
    this.append(this.fill);
    this.drawnMs = 0;
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.tick);
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("limitS")) this.setAttribute("aria-valuemax", String(this.limitS));
    if (Math.abs(this.deadlineMs - this.drawnMs) < SAME_MS) return;
    this.drawnMs = this.deadlineMs;
    this.animateFill();
    this.count();
  }

  private animateFill(): void {
    const left = Math.max(0, this.deadlineMs - performance.now());
    const part = Math.min(1, left / (this.limitS * 1000 || 1));
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    for (const running of this.fill.getAnimations?.() ?? []) running.cancel();
    this.fill.animate([{ transform: `scaleX(${part})` }, { transform: "scaleX(0)" }], {
      duration: left,
      easing: calm ? `steps(${Math.max(1, Math.ceil(left / 1000))})` : "linear",
      fill: "forwards",
    });
    if (calm) return;
    this.fill.animate([{ opacity: 1 }, { opacity: 0.35 }, { opacity: 1 }], {
      delay: Math.max(0, left - PULSE_FROM_MS),
      duration: 600,
      easing: "ease-in-out",
    });
  }

  /** Announces the seconds left, and again at each second less. */
  private count(): void {
    clearTimeout(this.tick);
    const leftMs = Math.max(0, this.drawnMs - performance.now());
    const seconds = Math.ceil(leftMs / 1000);
    this.setAttribute("aria-valuenow", String(Math.min(seconds, this.limitS)));
    this.setAttribute("aria-valuetext", plural("{count} second left", "{count} seconds left", seconds));
    if (leftMs > 0) this.tick = setTimeout(() => this.count(), leftMs - (seconds - 1) * 1000 + 1);
  }
}
