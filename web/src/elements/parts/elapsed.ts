import { html, LitElement, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { t } from "../../words.ts";
import { customElement } from "./define.ts";
import { clock } from "./sentences.ts";

/** The length of the recording so far, and the longest that is allowed: "0:07 / 0:30". Counts by itself. */
@customElement("ms-elapsed")
export class Elapsed extends LitElement {
  /** Start of the recording, moved by the time spent paused, in milliseconds of `performance.now()`; 0 while paused. */
  @property({ attribute: false }) sinceMs = 0;
  /** Seconds until the last pause; shown while nothing is recorded. */
  @property({ attribute: false }) pastS = 0;
  /** In seconds; null for any length. */
  @property({ attribute: false }) longestS: number | null = null;
  @state() private seconds = 0;
  private tick: ReturnType<typeof setTimeout> | undefined;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.tick);
  }

  protected override willUpdate(): void {
    const elapsedS = this.sinceMs ? (performance.now() - this.sinceMs) / 1000 : this.pastS;
    this.seconds = Math.floor(Math.min(elapsedS, this.longestS ?? elapsedS));
    clearTimeout(this.tick);
    const leftMs = (Math.floor(elapsedS) + 1 - elapsedS) * 1000;
    if (this.sinceMs && this.isConnected) this.tick = setTimeout(() => this.requestUpdate(), leftMs + 1);
  }

  protected override render(): TemplateResult {
    return html`<span class="ms-clock" role="timer" aria-label=${t("Recorded")}>
      ${clock(this.seconds)}${this.longestS === null ? nothing : html` / ${clock(this.longestS)}`}
    </span>`;
  }
}
