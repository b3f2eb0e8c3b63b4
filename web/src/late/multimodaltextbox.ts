import { html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import type { AudioLevel } from "../codecs/types.ts";
import { emit, RECORD, UPLOAD } from "../constants.ts";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { DropZone } from "../elements/parts/dropzone.ts";
import { following, isAccepted } from "../elements/parts/files.ts";
import { icon } from "../elements/parts/icons.ts";
import { addressOf, type Draft, type FileValue } from "../manifest.ts";
import { IDLE, type StreamView, type UploadView } from "../states.ts";
import "../elements/parts/level_meter.ts";
import { customElement } from "../elements/parts/define.ts";
import type { LevelMeter } from "../elements/parts/level_meter.ts";
import { progress } from "../elements/parts/run.ts";
import { styled } from "../elements/parts/styled.ts";
import "../styles/composer.css";
import { plural, t } from "../words.ts";

interface MultimodalTextboxProps extends LeafProps {
  value: Draft | null;
  sources: readonly ("upload" | "microphone")[];
  /** The kinds of files that may be attached, as a file dialog takes them: "image/*", ".pdf"; any if empty. */
  accept: readonly string[];
  max_files: number;
  lines: number;
  max_lines: number;
  placeholder: string | null;
  autofocus: boolean;
  text_align: "left" | "right" | null;
  rtl: boolean;
  max_length: number | null;
  submit_button: boolean | string;
  stop_button: boolean | string;
  html_attributes?: Readonly<Record<string, string>>;
}

const LINE_PX = 22;
const PADDING_PX = 20;

/** A field for a message, with files. Enter submits, Shift and Enter break the line. */
@customElement("ms-multimodaltextbox")
export class MultimodalTextbox extends Leaf<MultimodalTextboxProps> {
  @property({ attribute: false }) stream: StreamView = IDLE;
  @property({ attribute: false }) upload: UploadView | null = null;
  @state() private problem = "";
  private readonly zone = new DropZone(
    this,
    () => this.props.interactive && this.offers("upload"),
    (files) => this.take(files),
  );
  /** Shows the level of the microphone; called about 20 times a second. */
  setLevel(level: AudioLevel): void {
    this.querySelector<LevelMeter>("ms-level")?.push(level);
  }

  private get draft(): Draft {
    return this.props.value ?? { text: "", files: [] };
  }

  private get field(): HTMLTextAreaElement | null {
    return this.querySelector("textarea");
  }

  private get isRecording(): boolean {
    return this.stream.state !== "idle";
  }

  /** The number of files that still fit. */
  private get room(): number {
    return this.props.max_files - this.draft.files.length - following(this.upload);
  }

  private offers(source: "upload" | "microphone"): boolean {
    return this.props.sources.includes(source);
  }

  protected override render(): TemplateResult {
    return html`
      ${this.caption()}
      <div
        class="ms-composer" ?data-target=${this.zone.isTarget}
        @dragover=${this.zone.onDrag} @dragleave=${this.zone.onDragEnd} @drop=${this.zone.onDrop} @paste=${this.onPaste}
      >
        ${this.attached()}
        <div class="ms-composer-line">${this.attachButton()}${this.recordButton()}${this.area()}${this.buttons()}</div>
      </div>
      ${progress(this.run)}${this.notes(this.problem || (this.stream.trouble?.message ?? ""))}
    `;
  }

  private attached(): TemplateResult | typeof nothing {
    const { files } = this.draft;
    if (files.length === 0 && !this.upload) return nothing;
    return html`<ul class="ms-attached" aria-label=${t("Attached")}>
      ${files.map((file, at) => this.chip(file, at))}${this.upload ? sending(this.upload) : nothing}
    </ul>`;
  }

  private chip(file: FileValue, at: number): TemplateResult {
    const isImage = file.type.startsWith("image/") && file.type !== "image/svg+xml";
    const face = isImage
      ? html`<img src=${addressOf(file) ?? ""} alt=${file.name} />`
      : html`${icon(file.type.startsWith("audio/") ? "audio" : "file")}<span title=${file.name}>${file.name}</span>`;
    if (!this.props.interactive) return html`<li>${face}</li>`;
    const name = t("Remove {name}", { name: file.name });
    return html`<li>${face}<button class="ms-tool" type="button" title=${name} @click=${() => this.detach(at)}>
      ${icon("close")}<span class="ms-sr">${name}</span>
    </button></li>`;
  }

  private attachButton(): TemplateResult | typeof nothing {
    if (!this.offers("upload")) return nothing;
    return html`<button class="ms-tool" type="button" title=${t("Attach a file")} ?disabled=${!this.props.interactive || this.room < 1} @click=${() => this.querySelector<HTMLInputElement>("input[type=file]")?.click()}>
        ${icon("attach")}<span class="ms-sr">${t("Attach a file")}</span>
      </button>
      <input
        type="file" hidden tabindex="-1" aria-label=${t("{name}: attach", { name: this.name })} accept=${this.props.accept.join() || nothing}
        ?multiple=${this.props.max_files > 1} @change=${this.onChosen}
      />`;
  }

  private recordButton(): TemplateResult | typeof nothing {
    if (!this.offers("microphone")) return nothing;
    const { state } = this.stream;
    const name = this.isRecording ? t("Stop") : t("Record");
    return html`<button
      class="ms-tool ${this.isRecording ? "stop-button" : "record-button"}" type="button" title=${name} data-state=${state}
      ?disabled=${!this.isRecording && (!this.props.interactive || this.room < 1)} @click=${this.record}
    >${icon(this.isRecording ? "square" : "microphone")}<span class="ms-sr">${name}</span></button>`;
  }

  private area(): TemplateResult {
    const { props } = this;
    if (this.stream.state === "running") return html`<ms-level></ms-level>`;
    const least = Math.max(1, props.lines);
    const heights = {
      "min-height": `${least * LINE_PX + PADDING_PX}px`,
      "max-height": `${Math.max(least, props.max_lines) * LINE_PX + PADDING_PX}px`,
      "text-align": props.text_align,
    };
    return html`<textarea
      id=${this.control} rows=${least} placeholder=${props.placeholder ?? ""} maxlength=${props.max_length ?? nothing}
      ?readonly=${!props.interactive || this.run?.awaits} aria-label=${this.captioned ? nothing : this.name}
      aria-describedby=${this.described(this.problem)} dir=${props.rtl ? "rtl" : "auto"} ${styled(heights)}
      @input=${this.onInput} @keydown=${this.onKey} @focus=${() => this.fire("focus")} @blur=${() => this.fire("blur")}
      @select=${this.onSelect}
    ></textarea>`;
  }

  private buttons(): TemplateResult[] {
    const { submit_button: submit, stop_button: stop } = this.props;
    const buttons = [];
    if (submit) buttons.push(goButton(submit, t("Send"), !this.isReady, () => this.submit()));
    if (stop) buttons.push(goButton(stop, t("Stop"), false, () => this.fire("stop")));
    return buttons;
  }

  protected override firstUpdated(): void {
    if (this.props.autofocus) this.field?.focus({ preventScroll: true });
  }

  protected override updated(): void {
    const { field } = this;
    for (const [name, value] of Object.entries(this.props.html_attributes ?? {})) field?.setAttribute(name, value);
    if (field && field.value !== this.draft.text) field.value = this.draft.text;
    if (field && !CSS.supports?.("field-sizing", "content")) {
      field.style.height = "auto";
      field.style.height = `${field.scrollHeight}px`;
    }
  }

  private get isEmpty(): boolean {
    return this.draft.text.trim() === "" && this.draft.files.length === 0;
  }

  /** True if there is a message to send. It includes a recording, and files on their way, for which the event itself waits. */
  private get isReady(): boolean {
    const isAny = !this.isEmpty || this.upload !== null;
    return this.props.interactive && isAny && !this.isRecording && !this.run?.awaits;
  }

  private submit(): void {
    if (this.isReady) this.fire("submit");
  }

  private onInput(event: InputEvent): void {
    this.edit({ ...this.draft, text: (event.target as HTMLTextAreaElement).value });
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit();
  }

  private onSelect(): void {
    const { field } = this;
    if (!field || this.ownerDocument.activeElement !== field) return;
    const [start, end] = [field.selectionStart, field.selectionEnd];
    this.fire("select", { index: [start, end], value: field.value.slice(start, end) });
  }

  private detach(at: number): void {
    this.edit({ ...this.draft, files: this.draft.files.filter((_, each) => each !== at) });
    this.field?.focus();
  }

  private record(): void {
    emit(this, RECORD, { component: this.component, action: this.isRecording ? "stop" : "start" });
  }

  // ---- files -------------------------------------------------------------------------------------------------------

  private take(files: readonly File[]): void {
    if (files.length === 0) return;
    const { accept, max_files: most } = this.props;
    const wrong = files.find((file) => !isAccepted(file, accept));
    const fitting = files.filter((file) => isAccepted(file, accept));
    this.problem = wrong ? t("{name} cannot be attached here.", { name: wrong.name }) : "";
    if (fitting.length > this.room)
      this.problem = plural(
        "No more than {count} file can be attached.",
        "No more than {count} files can be attached.",
        most,
      );
    const [file, ...more] = fitting.slice(0, Math.max(0, this.room));
    if (file) emit(this, UPLOAD, { component: this.component, file, more });
  }

  private onChosen(event: Event): void {
    const input = event.target as HTMLInputElement;
    this.take([...(input.files ?? [])]);
    input.value = "";
    this.field?.focus();
  }

  private onPaste(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!this.props.interactive || !this.offers("upload") || files.length === 0) return;
    event.preventDefault();
    this.take(files);
  }
}

function sending(upload: UploadView): TemplateResult {
  const percent = upload.fraction === null ? nothing : Math.round(upload.fraction * 100);
  return html`<li>
    <span>${upload.name}</span>
    <div class="ms-rail" role="progressbar" aria-label=${t("Uploading {name}", { name: upload.name })} aria-valuenow=${percent}>
      <i ${styled({ "--ms-part": upload.fraction ?? 0 })}></i>
    </div>
  </li>`;
}

/** The button that sends the message, or stops the reply: with the app's text, or an icon. */
function goButton(text: string | boolean, name: string, disabled: boolean, press: () => void): TemplateResult {
  const face = typeof text === "string" ? text : icon(name === t("Stop") ? "square" : "send");
  return html`<button
    class="ms-button ms-go ${name === t("Send") ? "ms-primary" : ""}" type="button" aria-label=${typeof text === "string" ? nothing : name}
    ?disabled=${disabled} @click=${press}
  >${face}</button>`;
}
