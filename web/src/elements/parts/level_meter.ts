import { html, LitElement, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import type { AudioLevel } from "../../codecs/types.ts";
import { t } from "../../words.ts";
import { customElement } from "./define.ts";
import { barsPath, loudness } from "./waveform.ts";

const BARS = 64;
const WIDTH = 256;
const HEIGHT = 48;
const SILENT = 0.0005;
/** At 20 levels a second. */
const SILENT_FOR = 60;

/** The microphone's level over the last seconds, newest at the right. Digital silence gets a hint after a while. */
@customElement("ms-level")
export class LevelMeter extends LitElement {
  /** True if silence needs no hint; it is counted from the time when it does. */
  @property({ attribute: false }) quiet = false;
  @state() private isSilent = false;
  private readonly levels = new Float32Array(BARS);
  private silent = 0;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    return html`
      <svg class="ms-wave" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><path /></svg>
      <p class="ms-hint" role="status">${this.isSilent && !this.quiet ? t("Silence. Is the microphone muted?") : ""}</p>
    `;
  }

  protected override firstUpdated(): void {
    this.draw();
  }

  /** Adds the newest level and shifts the others. Draws one path, without a layout of the page. */
  push({ peak }: AudioLevel): void {
    this.levels.copyWithin(0, 1);
    this.levels[BARS - 1] = loudness(peak);
    this.silent = peak < SILENT && !this.quiet ? this.silent + 1 : 0;
    this.isSilent = this.silent >= SILENT_FOR;
    this.draw();
  }

  private draw(): void {
    this.querySelector("path")?.setAttribute("d", barsPath(this.levels, WIDTH, HEIGHT));
  }
}
