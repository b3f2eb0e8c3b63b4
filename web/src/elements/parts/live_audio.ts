import { html, LitElement, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";
import type { AudioLevel } from "../../codecs/types.ts";
import type { LiveState } from "../../states.ts";
import { icon } from "./icons.ts";
import "./level_meter.ts";
import { t } from "../../words.ts";
import { customElement } from "./define.ts";
import type { LevelMeter } from "./level_meter.ts";
import { clock } from "./sentences.ts";

/** Streaming audio: its level, a clock, a pause button and a stop button. Dispatches `ms-toggle` and `ms-quit`. */
@customElement("ms-live")
export class LiveAudio extends LitElement {
  @property({ attribute: false }) state: LiveState = "starting";

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Shows its position and level, without a render. */
  move(playedS: number, level: AudioLevel): void {
    this.querySelector<LevelMeter>("ms-level")?.push(level);
    const text = this.querySelector(".ms-now");
    if (text && text.textContent !== clock(playedS)) text.textContent = clock(playedS);
  }

  protected override render(): TemplateResult {
    return html`
      <ms-level .quiet=${true}></ms-level>
      <div class="ms-play">${this.button()}${this.stopButton()}<span class="ms-clock"><span class="ms-now">0:00</span></span></div>
    `;
  }

  private button(): TemplateResult | typeof nothing {
    if (this.state === "locked") {
      return html`<button class="ms-button ms-primary ms-sm" type="button" @click=${this.toggle}>
        ${icon("play")} ${t("Tap to listen")}
      </button>`;
    }
    const name = this.state === "paused" ? t("Play") : t("Pause");
    return html`<button class="ms-tool" type="button" title=${name} ?disabled=${this.state === "starting"} @click=${this.toggle}>
      ${icon(this.state === "paused" ? "play" : "pause")}<span class="ms-sr">${name}</span>
    </button>`;
  }

  /** Audio that the browser holds back can be stopped as soon as it has begun. */
  private stopButton(): TemplateResult | typeof nothing {
    if (this.state === "locked") return nothing;
    const quit = (): boolean => this.dispatchEvent(new Event("ms-quit"));
    return html`<button class="ms-tool" type="button" title=${t("Stop playing")} ?disabled=${this.state === "starting"} @click=${quit}>
      ${icon("square")}<span class="ms-sr">${t("Stop playing")}</span>
    </button>`;
  }

  private toggle(): void {
    this.dispatchEvent(new Event("ms-toggle"));
  }
}
