import { html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { emit, UPLOAD } from "../constants.ts";
import { addressOf, type FileValue, type LinkValue } from "../manifest.ts";
import type { UploadView } from "../states.ts";
import { t } from "../words.ts";
import { Leaf, type LeafProps } from "./base.ts";
import { customElement } from "./parts/define.ts";
import { DropZone } from "./parts/dropzone.ts";
import { following, isAccepted, noRoom } from "./parts/files.ts";
import { icon } from "./parts/icons.ts";
import { progress } from "./parts/run.ts";
import { sending } from "./parts/sending.ts";
import { size } from "./parts/sentences.ts";
import { styled } from "./parts/styled.ts";

type Item = FileValue | LinkValue;

interface FileProps extends LeafProps {
  value: readonly Item[] | null;
  /** The kinds of files that may be uploaded, as a file dialog takes them: "image/*", ".pdf"; any if empty. */
  accept: readonly string[];
  max_files: number;
  /** True if the dialog is for folders. */
  folder: boolean;
  height: number | null;
}

/** Files of any kind: a list of them, and an area where more can be dropped. */
@customElement("ms-file")
export class FileField extends Leaf<FileProps> {
  @property({ attribute: false }) upload: UploadView | null = null;
  @state() private problem = "";
  private readonly zone = new DropZone(
    this,
    () => this.props.interactive,
    (files) => this.take(files),
  );
  private get items(): readonly Item[] {
    return this.props.value ?? [];
  }

  /** Says why an upload has failed. */
  refuse(message: string): void {
    this.problem = message;
  }

  protected override render(): TemplateResult {
    const { items, upload } = this;
    return html`
      ${this.captioned ? html`<div class="ms-caption" id=${this.control}>${this.props.label}</div>` : nothing}
      <div
        class="ms-files" role="group" aria-label=${this.name} ?data-target=${this.zone.isTarget} ${styled({ "max-height": this.tallest })}
        @dragover=${this.zone.onDrag} @dragleave=${this.zone.onDragEnd} @drop=${this.zone.onDrop}
      >
        ${items.length > 0 ? html`<ul>${items.map((item, at) => html`<li>${this.line(item, at)}</li>`)}</ul>` : nothing}
        ${upload ? sending(upload) : this.door()}
      </div>
      ${progress(this.run)}${this.notes(this.problem)}
    `;
  }

  private get tallest(): string | null {
    return this.props.height === null ? null : `${this.props.height}px`;
  }

  private line(item: Item, at: number): TemplateResult {
    const address = addressOf(item) ?? "";
    const name = nameOf(item);
    const isOwn = "file" in item;
    return html`
      <a
        href=${isOwn ? `${address}?download=1` : address} download=${isOwn ? name : nothing} target=${isOwn ? nothing : "_blank"}
        rel="noopener" @click=${() => this.fire("download", { index: at, value: name })}
      >${icon("download")}<span>${name}</span></a>
      <span class="ms-size">${isOwn && item.size ? size(item.size) : ""}</span>
      ${
        this.props.interactive
          ? html`<button class="ms-tool ms-small" type="button" title=${t("Remove {name}", { name })} @click=${() => this.takeOut(at)}>
            ${icon("close")}<span class="ms-sr">${t("Remove {name}", { name })}</span>
          </button>`
          : nothing
      }
    `;
  }

  /** The drop area, as long as more files fit; a single file is replaced by the next one. */
  private door(): TemplateResult | typeof nothing {
    const { interactive, max_files: most, accept, folder } = this.props;
    if (!interactive) return this.items.length > 0 ? nothing : html`<p class="ms-nothing">${t("No file")}</p>`;
    if (most > 1 && this.items.length >= most) return nothing;
    const invitation = folder ? t("Drop a folder here") : most > 1 ? t("Drop files here") : t("Drop a file here");
    return html`<div class="ms-door">
      <span>${invitation}</span>
      <button class="ms-button ms-sm" type="button" @click=${this.choose}>${icon("upload")} ${t("Upload")}</button>
      <input
        type="file" hidden tabindex="-1" aria-label=${t("{name}: upload", { name: this.name })} accept=${accept.join() || nothing}
        ?multiple=${most > 1} ?webkitdirectory=${folder} @change=${this.onChosen}
      />
    </div>`;
  }

  private takeOut(at: number): void {
    const gone = this.items[at];
    const left = this.items.filter((_, each) => each !== at);
    this.edit(left.length > 0 ? left : null);
    this.fire("delete", { index: at, value: gone ? nameOf(gone) : "" });
    if (left.length === 0) this.fire("clear");
  }

  private take(files: readonly File[]): void {
    const { accept, max_files: most } = this.props;
    const fitting = files.filter((file) => isAccepted(file, accept));
    const wrong = files.find((file) => !fitting.includes(file));
    const room = most === 1 ? 1 : most - this.items.length - following(this.upload);
    this.problem = wrong ? t("{name} is not of a type that is taken here.", { name: wrong.name }) : "";
    if (fitting.length > room) this.problem = noRoom(most);
    const [file, ...more] = fitting.slice(0, Math.max(0, room));
    if (file) emit(this, UPLOAD, { component: this.component, file, more });
  }

  private choose(): void {
    this.querySelector<HTMLInputElement>("input[type=file]")?.click();
  }

  private onChosen(event: Event): void {
    const input = event.target as HTMLInputElement;
    this.take([...(input.files ?? [])]);
    input.value = "";
  }
}

function nameOf(item: Item): string {
  return "file" in item ? item.name : (item.url.split("/").pop() ?? "") || item.url;
}
