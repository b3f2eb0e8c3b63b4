import { html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { emit, UPLOAD } from "../constants.ts";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { customElement } from "../elements/parts/define.ts";
import { DropZone } from "../elements/parts/dropzone.ts";
import { isAccepted, noRoom } from "../elements/parts/files.ts";
import { icon } from "../elements/parts/icons.ts";
import { held } from "../elements/parts/run.ts";
import { styled } from "../elements/parts/styled.ts";
import { addressOf } from "../manifest.ts";
import type { UploadView } from "../states.ts";
import "../styles/filebutton.css";
import { t } from "../words.ts";

interface UploadButtonProps extends LeafProps {
  variant: string;
  size: string;
  icon: { url: string } | null;
  accept: readonly string[];
  max_files: number;
  folder: boolean;
}

/** A button that uploads what is chosen, or dropped on it. */
@customElement("ms-uploadbutton")
export class UploadButton extends Leaf<UploadButtonProps> {
  @property({ attribute: false }) upload: UploadView | null = null;
  @state() private problem = "";
  private readonly zone = new DropZone(
    this,
    () => this.props.interactive,
    (files) => this.take(files),
  );

  protected override render(): TemplateResult {
    const { variant, size, label, interactive, accept, max_files: most, folder } = this.props;
    const { upload } = this;
    const image = addressOf(this.props.icon);
    const face = image ? html`<img src=${image} alt="" />` : icon("upload");
    return html`
      <button
        class="ms-button ms-${variant} ms-${size}" type="button" ?disabled=${!interactive} ?data-target=${this.zone.isTarget}
        aria-describedby=${this.described(this.problem)} ${styled({ "--ms-part": upload?.fraction ?? 0 })} ?data-sending=${upload !== null}
        @click=${this.choose} @dragover=${this.zone.onDrag} @dragleave=${this.zone.onDragEnd} @drop=${this.zone.onDrop}
      >${face}<span>${upload ? words(upload) : label}</span></button>
      <input
        type="file" hidden tabindex="-1" aria-label=${this.name} accept=${accept.join() || nothing} ?multiple=${most > 1}
        ?webkitdirectory=${folder} @change=${this.onChosen}
      />
      <span class="ms-sr" role="status">${upload ? words(upload) : ""}</span>
      ${held(this.run)}${this.notes(this.problem)}
    `;
  }

  private take(files: readonly File[]): void {
    const { accept, max_files: most } = this.props;
    const fitting = files.filter((file) => isAccepted(file, accept));
    const wrong = files.find((file) => !fitting.includes(file));
    this.problem = wrong ? t("{name} is not of a type that is taken here.", { name: wrong.name }) : "";
    if (fitting.length > most) this.problem = noRoom(most);
    const [file, ...more] = fitting.slice(0, most);
    if (file) emit(this, UPLOAD, { component: this.component, file, more });
  }

  private choose(): void {
    this.fire("click");
    this.querySelector<HTMLInputElement>("input[type=file]")?.click();
  }

  private onChosen(event: Event): void {
    const input = event.target as HTMLInputElement;
    this.take([...(input.files ?? [])]);
    input.value = "";
  }
}

function words({ name, fraction }: UploadView): string {
  return fraction
    ? t("Uploading {name}, {percent} %", { name, percent: Math.floor(fraction * 100) })
    : t("Uploading {name}", { name });
}
