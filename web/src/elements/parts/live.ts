import { html, LitElement, type nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { icon } from "../../icons.ts";
import type { Level, LiveState } from "../../view.ts";
import "./level.ts";
import type { LevelMeter } from "./level.ts";
import { clock } from "./sentences.ts";

/** Sound that still comes: its level, a clock, and one button. Dispatches `ms-toggle`. */
@customElement("ms-live")
export class LiveSound extends LitElement {
  @property({ attribute: false }) state: LiveState = "starting";

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Shows how far it is, and how loud; no render. */
  move(playedS: number, level: Level): void {
    this.querySelector<LevelMeter>("ms-level")?.push(level);
    const text = this.querySelector(".ms-now");
    if (text && text.textContent !== clock(playedS)) text.textContent = clock(playedS);
  }

  protected override render(): TemplateResult {
    return html`
      <ms-level .quiet=${true}></ms-level>
      <div class="ms-play">${this.button()}<span class="ms-clock"><span class="ms-now">0:00</span></span></div>
    `;
  }

  private button(): TemplateResult | typeof nothing {
    if (this.state === "locked") {
      return html`<button class="ms-button ms-primary ms-sm" type="button" @click=${this.toggle}>
        ${icon("play")} Tap to listen
      </button>`;
    }
    const name = this.state === "paused" ? "Play" : "Pause";
    return html`<button class="ms-tool" type="button" title=${name} ?disabled=${this.state === "starting"} @click=${this.toggle}>
      ${icon(this.state === "paused" ? "play" : "pause")}<span class="ms-sr">${name}</span>
    </button>`;
  }

  private toggle(): void {
    this.dispatchEvent(new Event("ms-toggle"));
  }
}
