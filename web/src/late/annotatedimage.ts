import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { still } from "../capture/still_image.ts";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { frameSize, ratioOf } from "../elements/parts/camera_frame.ts";
import { customElement } from "../elements/parts/define.ts";
import { save } from "../elements/parts/files.ts";
import { fullscreenTool } from "../elements/parts/fullscreen.ts";
import { chip, failure, frameTool, nothingYet } from "../elements/parts/media_frame.ts";
import { progress } from "../elements/parts/run.ts";
import { Stage } from "../elements/parts/stage.ts";
import { styled } from "../elements/parts/styled.ts";
import type { OutputElement, OutputSurface } from "../states.ts";
import "../styles/legend.css";
import { t } from "../words.ts";

interface AnnotatedImageProps extends LeafProps {
  value: { legend?: string } | null;
  height: number | string | null;
  width: number | string | null;
  show_legend: boolean;
  buttons: readonly string[];
}

/** An image with labelled parts, and a legend of the labels. */
@customElement("ms-annotatedimage")
export class AnnotatedImage extends Leaf<AnnotatedImageProps> implements OutputSurface {
  @state() private hasImage = false;
  /** The ratio of the image that was shown last. */
  @state() private ratio: string | null = null;
  private readonly stage = new Stage(() => this.name);

  place(output: OutputElement | null): void {
    this.stage.place(output);
    this.hasImage = output !== null;
    if (output) this.ratio = ratioOf(output) ?? this.ratio;
  }

  describe(words: string): void {
    this.stage.describe(words);
  }

  protected override render(): TemplateResult {
    const { height, width } = this.props;
    const failed = this.run?.state === "failed" ? failure(this.run.message) : nothing;
    const empty = nothingYet("image", null, "image", this);
    return html`
      <div
        class="ms-frame" role="group" aria-label=${this.name} ?data-shown=${this.hasImage}
        ${styled(frameSize({ size: null, height, width }, this.ratio))}
      >
        ${this.stage.element}${failed !== nothing || this.hasImage ? failed : empty}${chip(this.props)}${this.bar()}${progress(this.run)}
      </div>
      ${this.legend()}${this.notes("", null)}
    `;
  }

  private bar(): TemplateResult | typeof nothing {
    const { buttons } = this.props;
    const tools = [];
    if (this.hasImage && buttons?.includes("download"))
      tools.push(frameTool("download", t("Download"), () => void this.download()));
    if (this.hasImage && buttons?.includes("fullscreen"))
      tools.push(...fullscreenTool(() => this.querySelector(".ms-frame")));
    return tools.length > 0 ? html`<div class="ms-bar ms-slim">${tools}</div>` : nothing;
  }

  private legend(): TemplateResult | typeof nothing {
    const entries = JSON.parse(this.props.value?.legend ?? "[]") as [label: string, color: string][];
    if (!this.props.show_legend || entries.length === 0) return nothing;
    return html`<ul class="ms-legend" aria-label=${t("Labels")}>
      ${entries.map(([label, color], index) => html`<li>${this.entry(label, color, index)}</li>`)}
    </ul>`;
  }

  /** `select`: which of the annotations, and its label. */
  private entry(label: string, color: string, index: number): TemplateResult {
    const face = html`<i ${styled({ background: color })}></i><span>${label}</span>`;
    if (!this.listens.has("select")) return html`<span class="ms-entry">${face}</span>`;
    const select = (): void => this.fire("select", { index, value: label, selected: true });
    return html`<button class="ms-entry" type="button" @click=${select}>${face}</button>`;
  }

  private async download(): Promise<void> {
    const { image } = this.stage;
    if (image) save(await still(image, "image.png", { type: "image/png" }), "image.png");
  }
}
