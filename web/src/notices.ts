/** What has no place of its own: toasts, the state of the connection, the footer. */
import { html, nothing, render, type TemplateResult } from "lit";
import { type IconName, icon } from "./icons.ts";
import type { ConnectionView, LatencyView, ToastView } from "./view.ts";

const ICONS: { [level in ToastView["level"]]: IconName } = {
  error: "error",
  warning: "warning",
  info: "info",
  success: "done",
};
const TITLES: { [level in ToastView["level"]]: string } = {
  error: "Error",
  warning: "Warning",
  info: "Note",
  success: "Done",
};
/** More would cover the app; the oldest goes. */
const MOST = 5;

interface Toast extends ToastView {
  id: number;
}

/** The corner of the page where toasts stand, and the notice about the connection. */
export class Notices {
  readonly element = document.createElement("div");
  private toasts: Toast[] = [];
  private connection: ConnectionView = { state: "open", message: "" };
  private readonly timers = new Map<number, ReturnType<typeof setTimeout>>();
  private next = 0;

  constructor() {
    this.element.className = "ms-notices";
    // A toast that is read, or that has the focus, stays.
    this.element.addEventListener("pointerenter", () => this.hold());
    this.element.addEventListener("pointerleave", () => this.release());
    this.element.addEventListener("focusin", () => this.hold());
    this.element.addEventListener("focusout", () => this.release());
  }

  toast(view: ToastView): void {
    this.next += 1;
    this.toasts = [...this.toasts, { ...view, id: this.next }].slice(-MOST);
    this.release();
    this.draw();
  }

  setConnection(view: ConnectionView): void {
    this.connection = view;
    this.draw();
  }

  private close(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    this.draw();
  }

  private hold(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private release(): void {
    for (const toast of this.toasts) {
      if (toast.durationS <= 0 || this.timers.has(toast.id)) continue;
      this.timers.set(
        toast.id,
        setTimeout(() => this.close(toast.id), toast.durationS * 1000),
      );
    }
  }

  private draw(): void {
    render(html`${this.link()}${this.toasts.map((toast) => this.card(toast))}`, this.element);
  }

  private card(toast: Toast): TemplateResult {
    const role = toast.level === "error" || toast.level === "warning" ? "alert" : "status";
    return html`<div class="ms-toast" data-level=${toast.level} role=${role}>
      ${icon(ICONS[toast.level])}
      <div><strong>${toast.title || TITLES[toast.level]}</strong><p>${toast.message}</p></div>
      <button class="ms-tool ms-small" type="button" title="Close" @click=${() => this.close(toast.id)}>
        ${icon("close")}<span class="ms-sr">Close</span>
      </button>
    </div>`;
  }

  private link(): TemplateResult | typeof nothing {
    const { state, message } = this.connection;
    if (state === "open" || state === "connecting") return nothing;
    const words = message || "Connection lost. Connecting again …";
    const reload = (): void => location.reload();
    const button = html`<button class="ms-button ms-sm" type="button" @click=${reload}>Reload</button>`;
    return html`<div class="ms-link" role="status">
      ${icon("offline")}<span>${words}</span>${state === "refused" ? button : nothing}
    </div>`;
  }
}

/** The muted line at the end of the page: the app's name, and the latency where it is switched on. */
export class Footer {
  readonly element = document.createElement("footer");
  private readonly figures = document.createElement("span");

  constructor(title: string, hasLatency: boolean) {
    this.element.className = "ms-footer";
    this.figures.className = "ms-latency";
    const name = document.createElement("span");
    name.textContent = title;
    this.element.append(name);
    if (hasLatency) this.element.append(this.figures);
  }

  setLatency(view: LatencyView): void {
    this.figures.textContent = figures(view);
  }
}

/** "34 ms from lens to screen, 30 pictures/s, 4 ms round trip". */
export function figures({ medianMs, fps, roundTripMs }: LatencyView): string {
  const parts = [];
  if (medianMs !== null) parts.push(`${Math.round(medianMs)} ms camera to screen`, `${Math.round(fps)} fps`);
  if (roundTripMs !== null) parts.push(`${Math.max(1, Math.round(roundTripMs))} ms round trip`);
  return parts.join(" · ");
}
