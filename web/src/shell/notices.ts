/** Notices that belong to no component: toasts, the state of the connection, the footer. */
import { html, nothing, render, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { errorText } from "../elements/parts/error_text.ts";
import { type IconName, icon } from "../elements/parts/icons.ts";
import type { LatencyView } from "../playback/latency_view.ts";
import type { ConnectionView, ToastView } from "../states.ts";
import { heard, plural, t } from "../words.ts";
import { schemeSwitch } from "./scheme.ts";

const ICONS: { [level in ToastView["level"]]: IconName } = {
  error: "error",
  warning: "warning",
  info: "info",
  success: "done",
};
const TITLES: { [level in ToastView["level"]]: string } = {
  error: "Error",
  warning: t("Warning"),
  info: t("Note"),
  success: t("Done"),
};
/** More would cover the app; the oldest is removed. */
const MOST = 5;

/** A message that is closed stays closed for as long as it is said again within this time. */
const REST_MS = 1_000;

interface ShownToast extends ToastView {
  id: number;
  count: number;
}

/** Messages that read alike are one toast. */
const keyOf = ({ level, title, message }: ToastView): string => [level, title, message].join("\0");

/** The corner of the page where toasts stand, and the notice about the connection. */
export class Notices {
  readonly element = document.createElement("div");
  private toasts: ShownToast[] = [];
  private connection: ConnectionView = { state: "open", message: "" };
  private readonly timers = new Map<number, ReturnType<typeof setTimeout>>();
  /** When each message that was closed was said last, in milliseconds of `performance.now()`. */
  private readonly closed = new Map<string, number>();
  private next = 0;
  private isHeld = false;

  constructor() {
    this.element.className = "ms-notices";
    // A toast that is read, or that has the focus, stays.
    this.element.addEventListener("pointerenter", () => this.hold());
    this.element.addEventListener("pointerleave", () => this.release());
    this.element.addEventListener("focusin", () => this.hold());
    this.element.addEventListener("focusout", () => this.release());
  }

  /** Shows a message; one that is shown already is counted, and stays as long as if it were new. */
  toast(view: ToastView): void {
    if (this.isResting(view)) return;
    const shown = this.toasts.find((toast) => keyOf(toast) === keyOf(view));
    if (shown) {
      shown.count += view.count ?? 1;
      shown.durationS = view.durationS;
      this.stop(shown.id);
    } else {
      this.next += 1;
      const toasts = [...this.toasts, { ...view, id: this.next, count: view.count ?? 1 }];
      for (const { id } of toasts.slice(0, -MOST)) this.stop(id);
      this.toasts = toasts.slice(-MOST);
    }
    this.start();
    this.draw();
  }

  /** True if a message that the user has closed is repeated again and again, as by a stream at every frame. */
  private isResting(view: ToastView): boolean {
    const [key, nowMs] = [keyOf(view), performance.now()];
    const saidMs = this.closed.get(key);
    if (saidMs === undefined) return false;
    if (nowMs - saidMs > REST_MS) this.closed.delete(key);
    else this.closed.set(key, nowMs);
    return nowMs - saidMs <= REST_MS;
  }

  setConnection(view: ConnectionView): void {
    // A further attempt changes nothing of what is so until it succeeds.
    if (view.state === "connecting" && this.connection.state !== "open") return;
    this.connection = view;
    this.draw();
  }

  private close(toast: ShownToast): void {
    this.closed.set(keyOf(toast), performance.now());
    for (const key of [...this.closed.keys()].slice(0, -MOST)) this.closed.delete(key);
    this.remove(toast.id);
    // A browser does not say that the focus is gone with the button that had it.
    if (!this.element.matches(":hover")) this.release();
  }

  private remove(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
    this.stop(id);
    this.draw();
  }

  private hold(): void {
    this.isHeld = true;
    for (const { id } of this.toasts) this.stop(id);
  }

  private release(): void {
    this.isHeld = false;
    this.start();
  }

  private start(): void {
    for (const { id, durationS } of this.toasts) {
      if (this.isHeld || durationS <= 0 || this.timers.has(id)) continue;
      this.timers.set(
        id,
        setTimeout(() => this.remove(id), durationS * 1000),
      );
    }
  }

  private stop(id: number): void {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
  }

  private draw(): void {
    const key = ({ id }: ShownToast): number => id;
    // By its key a toast keeps its element: one that moves up is not read out again.
    render(html`${this.link()}${repeat(this.toasts, key, (toast) => this.card(toast))}`, this.element);
  }

  private card(toast: ShownToast): TemplateResult {
    const role = toast.level === "error" || toast.level === "warning" ? "alert" : "status";
    return html`<div class="ms-toast" data-level=${toast.level} role=${role}>
      ${icon(ICONS[toast.level])}
      <div><strong>${heard(toast.title || TITLES[toast.level])} ${times(toast.count)}</strong><p>${errorText(toast.message)}</p></div>
      <button class="ms-tool ms-small" type="button" title=${t("Close")} @click=${() => this.close(toast)}>
        ${icon("close")}<span class="ms-sr">${t("Close")}</span>
      </button>
    </div>`;
  }

  private link(): TemplateResult | typeof nothing {
    const { state, message } = this.connection;
    if (state === "open" || state === "connecting") return nothing;
    const reload = (): void => location.reload();
    const button = html`<button class="ms-button ms-sm" type="button" @click=${reload}>${t("Reload")}</button>`;
    return html`<div class="ms-link" role="status">
      ${icon("offline")}<span>${message}</span>${state === "refused" ? button : nothing}
    </div>`;
  }
}

/** "×3", which can be read, but is not read out each time that it changes. */
function times(count: number): TemplateResult {
  const words =
    count > 1
      ? html`<i aria-hidden="true">×${count}</i><span class="ms-sr">${plural("{count} time", "{count} times", count)}</span>`
      : nothing;
  return html`<span class="ms-times" aria-live="off">${words}</span>`;
}

/** The muted line at the end of the page: the app's name, and the latency where it is switched on. */
export class Footer {
  readonly element = document.createElement("footer");
  private readonly figures = document.createElement("span");
  private readonly latencies = new Map<number, LatencyView>();

  constructor(title: string, hasLatency: boolean) {
    this.element.className = "ms-footer";
    this.figures.className = "ms-latency";
    const name = document.createElement("span");
    name.textContent = title;
    this.element.append(name);
    if (hasLatency) this.element.append(this.figures);
    this.element.append(schemeSwitch());
  }

  /** A form, since browsers send none of its kind for others. */
  offerLogout(): void {
    const form = document.createElement("form");
    form.method = "post";
    form.action = "logout";
    render(html`<button class="ms-button ms-sm" type="submit">${t("Log out")}</button>`, form);
    this.element.append(form);
  }

  /** Shows the age of the component with the oldest frames. */
  setLatency(component: number, view: LatencyView | null): void {
    if (view) this.latencies.set(component, view);
    else this.latencies.delete(component);
    const oldest = [...this.latencies.values()].sort((a, b) => (b.p50Ms ?? 0) - (a.p50Ms ?? 0))[0];
    this.figures.textContent = oldest ? figures(oldest) : "";
  }
}

/** "34 ms camera to screen · 30 fps · 4 ms round trip". */
export function figures({ p50Ms, fps, roundTripMs }: LatencyView): string {
  const parts = [];
  if (p50Ms !== null)
    parts.push(t("{age} ms camera to screen", { age: Math.round(p50Ms) }), t("{rate} fps", { rate: Math.round(fps) }));
  if (roundTripMs !== null) parts.push(t("{time} ms round trip", { time: Math.max(1, Math.round(roundTripMs)) }));
  return parts.join(" · ");
}
