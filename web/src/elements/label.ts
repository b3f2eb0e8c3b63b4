import { html, nothing, type TemplateResult } from "lit";
import { Leaf, type LeafProps } from "./base.ts";
import { customElement } from "./parts/define.ts";
import { progress } from "./parts/run.ts";
import { styled } from "./parts/styled.ts";

interface Confidence {
  label: string;
  confidence: number;
}

interface LabelProps extends LeafProps {
  value: { label: string | null; confidences: readonly Confidence[] | null } | null;
  num_top_classes: number | null;
  show_heading: boolean;
  color: string | null;
}

/** The result of a classifier: the likeliest class, and a bar for each. */
@customElement("ms-label")
export class Label extends Leaf<LabelProps> {
  protected override render(): TemplateResult {
    const { value, show_heading } = this.props;
    const bars = (value?.confidences ?? []).slice(0, this.props.num_top_classes ?? undefined);
    return html`
      ${this.captioned ? html`<div class="ms-caption" id=${this.control}>${this.props.label}</div>` : nothing}
      <div
        class="ms-card" role="group" aria-label=${this.captioned ? nothing : this.name}
        aria-labelledby=${this.captioned ? this.control : nothing}
      >
        ${show_heading === false ? nothing : this.verdict(value?.label ?? null)}
        ${bars.length > 0 ? html`<ul class="ms-bars">${bars.map((bar, index) => this.bar(bar, index))}</ul>` : nothing}
      </div>
      ${progress(this.run)}${this.notes()}
    `;
  }

  private verdict(label: string | null): TemplateResult {
    const { color } = this.props;
    return html`<p class="ms-verdict ${label === null ? "ms-empty" : ""}" ${styled({ color })}>${label ?? "–"}</p>`;
  }

  private bar({ label, confidence }: Confidence, index: number): TemplateResult {
    const face = html`
      <span>${label}</span><span class="ms-share">${Math.round(confidence * 100)} %</span>
      <span class="ms-rail"><i ${styled({ "--ms-part": Math.min(1, Math.max(0, confidence)) })}></i></span>
    `;
    const select = (): void => this.fire("select", { index, value: label, selected: true });
    return this.listens.has("select")
      ? html`<li><button type="button" @click=${select}>${face}</button></li>`
      : html`<li class="ms-one">${face}</li>`;
  }
}
