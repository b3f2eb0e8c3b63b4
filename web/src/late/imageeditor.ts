import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { emit, RECORD } from "../constants.ts";
import { playPreview, preview } from "../elements/parts/camera_frame.ts";
import { customElement } from "../elements/parts/define.ts";
import { FileInput, type FileInputHost } from "../elements/parts/file_input.ts";
import { save } from "../elements/parts/files.ts";
import { icon } from "../elements/parts/icons.ts";
import { failure, frameTool, nothingYet, uploading, waiting } from "../elements/parts/media_frame.ts";
import { recordBar, roundButton } from "../elements/parts/record_button.ts";
import { progress } from "../elements/parts/run.ts";
import { length, styled } from "../elements/parts/styled.ts";
import { troublePanel } from "../elements/parts/trouble.ts";
import { DrawingBoard, type EditorSource, type Ink, MOST_LAYERS, type Tool } from "./imageeditor/drawing_board.ts";
import { fileOf } from "./imageeditor/sheet.ts";
import "../styles/imageeditor.css";
import { t } from "../words.ts";

/** An image to be drawn upon and cropped. */
@customElement("ms-imageeditor")
export class ImageEditor extends DrawingBoard implements FileInputHost {
  private readonly fileInput = new FileInput(this, { kind: "image" });
  get isRecording(): boolean {
    return this.stream.state !== "idle";
  }

  offers(source: EditorSource): boolean {
    return this.props.interactive && this.props.sources.includes(source);
  }

  /** Says why an upload has failed. */
  refuse(message: string): void {
    this.fileInput.say(message);
  }

  private get isEmpty(): boolean {
    return this.drawing === null && this.props.sources.length > 0;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("stream") && this.stream.preview) playPreview(this);
  }

  protected override render(): TemplateResult {
    const { sheets, props, stream } = this;
    const canDraw = props.interactive && !this.isEmpty && !this.isRecording;
    return html`
      ${this.caption(this.ends())}
      <div
        class="ms-editor" role="group" aria-label=${this.name} ?data-target=${this.fileInput.isTarget} ${styled({ width: length(props.width) })}
        @dragover=${this.fileInput.onDrag} @dragleave=${this.fileInput.onDragEnd} @drop=${this.fileInput.onDrop} @paste=${this.fileInput.onPaste} @keydown=${this.onKey}
      >
        ${this.isRecording ? this.camera() : this.isEmpty ? html`<div class="ms-frame">${this.empty()}</div>` : this.sheet()}
        ${stream.trouble ? html`<div class="ms-editor-trouble">${troublePanel(stream.trouble, "camera")}</div>` : nothing}
        ${canDraw && sheets.layers.length > 0 ? this.toolbar() : nothing}${progress(this.run)}
      </div>
      ${this.notes(this.trouble || this.fileInput.problem)}
    `;
  }

  private ends(): TemplateResult | typeof nothing {
    if (this.isEmpty || !this.props.buttons.includes("download")) return nothing;
    return frameTool(
      "download",
      t("Download"),
      () => void fileOf(this.sheets.composite(), "image.png").then((file) => save(file, file.name)),
    );
  }

  private empty(): TemplateResult {
    const { interactive, placeholder } = this.props;
    if (this.upload) return uploading(this.upload);
    if (this.run?.state === "failed") return failure(this.run.message);
    if (!interactive) return nothingYet("image", placeholder, "image", this);
    return html`<div class="ms-void">
      <p>${placeholder ?? t("Drop an image here")}</p>
      <div class="ms-ways">${this.fileInput.uploadButton(this.name)}${this.fileInput.pasteButton()}
        ${this.offers("webcam") ? html`<button class="ms-button ms-sm" type="button" @click=${() => this.record("start")}>${icon("camera")} ${t("Camera")}</button>` : nothing}
      </div>
    </div>`;
  }

  private sheet(): TemplateResult {
    const { sheets, frame } = this;
    const percent = (part: number, whole: number): string => `${(part / whole) * 100}%`;
    const [left = 0, top = 0, width = 0, height = 0] = frame ?? [];
    return html`<div class="ms-editor-desk" ${styled({ "--ms-tall": length(this.props.height) })}>
      <div
        class="ms-editor-sheet" role="img" aria-label=${t("{name}: the drawing", { name: this.name })} ?data-open=${this.props.interactive} data-tool=${this.tool}
        ${styled({ "--ms-shape": sheets.width / sheets.height })} @pointerdown=${this.onDown} @pointermove=${this.onMove} @pointerup=${this.onUp} @pointercancel=${this.onUp}
      >
        ${sheets.ground}${sheets.layers.map(({ canvas }) => canvas)}
        ${
          frame
            ? html`<div class="ms-editor-crop" ${styled({ left: percent(left, sheets.width), top: percent(top, sheets.height), width: percent(width, sheets.width), height: percent(height, sheets.height) })}></div>`
            : nothing
        }
      </div>
    </div>`;
  }

  private toolbar(): TemplateResult {
    const { sheets, props, tool } = this;
    const tools: [Tool, string, boolean][] = [
      ["brush", t("Brush"), props.brush !== null],
      ["eraser", t("Eraser"), props.eraser !== null],
      ["crop", t("Crop"), props.transforms.includes("crop")],
    ];
    const choice = ([name, title, isOffered]: [Tool, string, boolean]) =>
      isOffered
        ? html`<button class="ms-button ms-sm" type="button" aria-pressed=${tool === name} @click=${() => this.take(name)}>${title}</button>`
        : nothing;
    return html`<div class="ms-editor-tools" role="toolbar" aria-label=${t("{name}: tools", { name: this.name })}>
      ${tools.map(choice)}
      ${tool === "crop" && this.frame ? html`<button class="ms-button ms-primary ms-sm" type="button" @click=${this.crop}>${t("Cut it out")}</button>` : nothing}
      ${tool === "brush" ? this.colors() : nothing}
      ${
        tool === "crop"
          ? nothing
          : html`<label class="ms-editor-size">${t("Size")} <input type="range" min="1" max="200" .value=${String(this.diameter)} @input=${this.onSize} /></label>`
      }
      ${this.layerChoice()}
      <span class="ms-editor-rest"></span>
      <button class="ms-button ms-sm" type="button" ?disabled=${!sheets.canUndo} @click=${() => this.back()}>${t("Undo")}</button>
      <button class="ms-button ms-sm" type="button" ?disabled=${!sheets.canRedo} @click=${() => this.forth()}>${t("Redo")}</button>
      <button class="ms-button ms-sm" type="button" @click=${() => this.discard()}>${t("Clear")}</button>
      ${this.listens.has("apply") ? html`<button class="ms-button ms-primary ms-sm" type="button" @click=${() => this.fire("apply")}>${t("Apply")}</button>` : nothing}
    </div>`;
  }

  private colors(): TemplateResult | typeof nothing {
    const { brush } = this.props;
    if (!brush) return nothing;
    const swatch = (ink: Ink): TemplateResult => html`<button
      class="ms-swatch" type="button" aria-label=${t("Colour {color}", { color: ink[0] })} aria-pressed=${ink[0] === this.ink[0] && ink[1] === this.ink[1]}
      @click=${() => (this.ink = ink)}
    ><i ${styled({ background: ink[0], opacity: ink[1] })}></i></button>`;
    const any = (event: Event): void => {
      this.ink = [(event.target as HTMLInputElement).value, 1];
    };
    return html`${brush.colors.length > 1 ? brush.colors.map(swatch) : nothing}
      ${brush.is_fixed ? nothing : html`<input class="ms-any-color" type="color" aria-label=${t("Any colour")} .value=${this.ink[0].startsWith("#") ? this.ink[0].slice(0, 7) : "#000000"} @input=${any} />`}`;
  }

  private layerChoice(): TemplateResult | typeof nothing {
    const { layers } = this.sheets;
    const { more } = this.props.layers;
    if (layers.length < 2 && !more) return nothing;
    const choose = (event: Event): void => {
      this.layer = Number((event.target as HTMLSelectElement).value);
      this.fire("select", { index: this.layer, value: layers[this.layer]?.name ?? "" });
    };
    return html`
      <select class="ms-input" aria-label=${t("Layer")} @change=${choose}>
        ${layers.map(({ name }, at) => html`<option value=${at} ?selected=${at === this.layer}>${name}</option>`)}
      </select>
      ${more && layers.length < MOST_LAYERS ? html`<button class="ms-button ms-sm" type="button" @click=${this.addLayer}>${t("Add a layer")}</button>` : nothing}
    `;
  }

  private camera(): TemplateResult {
    const { stream } = this;
    const isReady = stream.state === "running";
    const shutter = roundButton(
      stream.state,
      t("Take a photo"),
      () => isReady && this.record("stop"),
      nothing,
      "ms-shutter",
    );
    const close = frameTool("camera-off", t("Close the camera"), () => this.record("close"));
    return html`<div class="ms-frame" data-bar ?data-live=${stream.preview !== null} data-state=${stream.state}>
      ${preview(stream)}${isReady ? nothing : waiting(stream, "camera", () => this.record("close"))}${recordBar(this, "camera", shutter, [close])}
    </div>`;
  }

  private record(action: "start" | "stop" | "close"): void {
    emit(this, RECORD, { component: this.component, action });
  }
}
