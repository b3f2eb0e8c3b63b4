import { html, nothing, type TemplateResult } from "lit";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { customElement } from "../elements/parts/define.ts";
import { icon } from "../elements/parts/icons.ts";
import { held } from "../elements/parts/run.ts";
import { addressOf, type FileValue, type LinkValue } from "../manifest.ts";
import "../styles/filebutton.css";

interface DownloadButtonProps extends LeafProps {
  value: readonly (FileValue | LinkValue)[] | null;
  variant: string;
  size: string;
  icon: { url: string } | null;
}

/** A button that downloads a file: a link, as long as there is one. */
@customElement("ms-downloadbutton")
export class DownloadButton extends Leaf<DownloadButtonProps> {
  protected override render(): TemplateResult {
    const { value, variant, size, label, interactive } = this.props;
    const [item] = value ?? [];
    const address = addressOf(item);
    const image = addressOf(this.props.icon);
    const face = html`${image ? html`<img src=${image} alt="" />` : icon("download")}<span>${label}</span>`;
    const classes = `ms-button ms-${variant} ms-${size}`;
    const isOwn = item !== undefined && "file" in item;
    const press = (): void => this.fire("click");
    const body =
      address && interactive
        ? html`<a
          class=${classes} href=${isOwn ? `${address}?download=1` : address} download=${isOwn ? item.name : nothing}
          target=${isOwn ? nothing : "_blank"} rel="noopener" @click=${press}
        >${face}</a>`
        : html`<button class=${classes} type="button" ?disabled=${!interactive} @click=${press}>${face}</button>`;
    return html`${body}${held(this.run)}${this.notes()}`;
  }
}
