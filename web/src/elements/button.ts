import { html, nothing, type TemplateResult } from "lit";
import { addressOf } from "../manifest.ts";
import { Leaf, type LeafProps } from "./base.ts";
import { customElement } from "./parts/define.ts";
import { held } from "./parts/run.ts";

interface ButtonProps extends LeafProps {
  value: string | null;
  variant: "primary" | "secondary" | "stop" | "huggingface";
  size: "sm" | "md" | "lg";
  icon: { url: string } | { file: string } | null;
  link: string | null;
  /** Left out for a new tab. */
  link_target?: string;
}

/** A press. Its value is its text; with `link` it is a link that looks like a button. */
@customElement("ms-button")
export class Button extends Leaf<ButtonProps> {
  protected override render(): TemplateResult {
    const { value, variant, size, link, interactive } = this.props;
    const image = addressOf(this.props.icon);
    const face = html`${image ? html`<img src=${image} alt="" />` : nothing}<span>${value ?? ""}</span>`;
    const classes = `ms-button ms-${variant} ms-${size}`;
    const body = link
      ? html`<a class=${classes} href=${link} target=${this.props.link_target ?? "_blank"} rel="noopener" @click=${this.press}>${face}</a>`
      : html`<button class=${classes} type="button" ?disabled=${!interactive} @click=${this.press}>${face}</button>`;
    return html`${body}${held(this.run)}`;
  }

  private press(): void {
    if (this.props.interactive) this.fire("click");
  }
}
