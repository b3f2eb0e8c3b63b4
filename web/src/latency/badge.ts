/** The badge on one component that shows frames of a stream, and the panel that it opens below the component. */

import { html, render } from "lit";
import type { LatencyView } from "../playback/latency_view.ts";
import { PAST_S, panel } from "./panel.ts";

export class LatencyBadge {
  private readonly button = document.createElement("button");
  private readonly panel = document.createElement("section");
  /** The medians of the last seconds, null for a second without a frame. */
  private readonly past: (number | null)[] = [];
  private view: LatencyView | null = null;
  private isOpen = false;

  constructor(host: HTMLElement, component: number, name: string) {
    const { button, panel: section } = this;
    button.type = "button";
    button.className = "ms-age";
    button.setAttribute("aria-controls", `ms-${component}-latency`);
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      void this.toggle();
    });
    section.id = `ms-${component}-latency`;
    section.className = "ms-age-panel";
    section.setAttribute("aria-label", `Latency of ${name}`);
    for (const element of [button, section]) element.addEventListener("keydown", (event) => this.press(event));
    this.setOpen(false);
    (host.querySelector(".ms-frame") ?? host).append(button);
    host.append(section);
  }

  show(view: LatencyView): void {
    this.view = view;
    this.past.push(view.p50Ms);
    if (this.past.length > PAST_S) this.past.shift();
    const age = view.p50Ms === null ? "–" : Math.round(view.p50Ms);
    render(
      html`<b class="ms-sr">Latency:</b><span>${age} ms</span><span class="ms-age-fps">${Math.round(view.fps)}${view.backlogS === null ? " fps" : "/s"}</span>`,
      this.button,
    );
    if (this.isOpen) this.draw();
  }

  remove(): void {
    this.button.remove();
    this.panel.remove();
  }

  private async toggle(): Promise<void> {
    // The panel is not in the frame, which may be all that is to be seen.
    if (document.fullscreenElement?.contains(this.button)) await document.exitFullscreen();
    this.setOpen(!this.isOpen);
  }

  private setOpen(isOpen: boolean): void {
    this.isOpen = isOpen;
    if (isOpen) this.draw();
    this.panel.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
  }

  private close(): void {
    this.setOpen(false);
    this.button.focus();
  }

  private press(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.isOpen) return;
    event.stopPropagation();
    this.close();
  }

  private draw(): void {
    if (this.view)
      render(
        panel(this.view, this.past, () => this.close()),
        this.panel,
      );
  }
}
