import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { emit, RECORD } from "../constants.ts";
import { playPreview, preview } from "../elements/parts/camera_frame.ts";
import { customElement } from "../elements/parts/define.ts";
import { FileInput, type FileInputHost } from "../elements/parts/file_input.ts";
import { save } from "../elements/parts/files.ts";
import { fullscreenTool } from "../elements/parts/fullscreen.ts";
import { icon } from "../elements/parts/icons.ts";
import { failure, frameTool, nothingYet, uploading, waiting } from "../elements/parts/media_frame.ts";
import { recordBar, roundButton } from "../elements/parts/record_button.ts";
import { progress } from "../elements/parts/run.ts";
import { length, styled } from "../elements/parts/styled.ts";
import { troublePanel } from "../elements/parts/trouble.ts";
import { MOST_ZOOM } from "./imageeditor/desk.ts";
import { DrawingBoard, type Tool } from "./imageeditor/drawing_board.ts";
import { CORNERS, type CropFrame } from "./imageeditor/geometry.ts";
import { fileOf } from "./imageeditor/sheet.ts";
import { type EditorSource, type Ink, MOST_LAYERS } from "./imageeditor/sheet_board.ts";
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
        class="ms-editor" role="group" aria-label=${this.name} ?data-target=${this.fileInput.isTarget} ?data-held=${this.isHeld} ${styled({ width: length(props.width) })}
        @dragover=${this.fileInput.onDrag} @dragleave=${this.fileInput.onDragEnd} @drop=${this.fileInput.onDrop} @paste=${this.fileInput.onPaste} @keydown=${this.onKey}
      >
        ${this.isRecording ? this.camera() : this.isEmpty ? html`<div class="ms-frame">${this.empty()}</div>` : this.drawingDesk()}
        ${stream.trouble ? html`<div class="ms-editor-trouble">${troublePanel(stream.trouble, "camera")}</div>` : nothing}
        ${canDraw && sheets.layers.length > 0 ? this.toolbar() : nothing}${progress(this.run)}
      </div>
      ${this.notes(this.trouble || this.fileInput.problem)}
    `;
  }

  private ends(): TemplateResult | typeof nothing {
    if (this.isEmpty) return nothing;
    const { buttons } = this.props;
    const composite = (): Promise<File> => fileOf(this.sheets.composite(), "image.png");
    const download = (): void => void composite().then((file) => save(file, file.name));
    const tools = buttons.includes("download") ? [frameTool("download", t("Download"), download)] : [];
    if (buttons.includes("fullscreen")) tools.push(...fullscreenTool(() => this.querySelector(".ms-editor")));
    return tools.length > 0 ? html`<span>${tools}</span>` : nothing;
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

  private drawingDesk(): TemplateResult {
    const { sheets, desk, props } = this;
    const shape = sheets.width / sheets.height;
    const styles = { "--ms-tall": length(props.height), "--ms-shape": shape, "--ms-zoom": desk.zoom };
    const sheet = html`<div
      class="ms-editor-sheet" data-tool=${this.tool}
      @pointerdown=${this.onDown} @pointermove=${this.onMove} @pointerup=${this.onUp} @pointercancel=${this.onUp}
    >
      ${sheets.ground}${sheets.layers.map(({ canvas }) => canvas)}${this.cropFrame()}
    </div>`;
    const name = t("{name}: the drawing", { name: this.name });
    if (!props.interactive)
      return html`<div class="ms-editor-desk" role="img" aria-label=${name} ${styled(styles)}>${sheet}</div>`;
    return html`<div
      class="ms-editor-desk" role="application" tabindex="0" aria-label=${name} aria-description=${t("Plus and minus zoom, 0 shows all of it, and the arrow keys move it.")}
      data-open ?data-zoomed=${desk.zoom > 1} ?data-pixels=${desk.hasPixels} ${styled(styles)} @keydown=${this.onDeskKey} @wheel=${desk.onWheel}
    >${sheet}</div>`;
  }

  private cropFrame(): TemplateResult | typeof nothing {
    const { frame, sheets } = this;
    if (!frame) return nothing;
    const [left, top, width, height] = frame;
    const percent = (part: number, whole: number): string => `${(part / whole) * 100}%`;
    const place = {
      ...{ left: percent(left, sheets.width), width: percent(width, sheets.width) },
      ...{ top: percent(top, sheets.height), height: percent(height, sheets.height) },
    };
    return html`<div
      class="ms-editor-crop" data-grip="inside" role="group" tabindex="0" aria-label=${t("Crop frame")}
      aria-description=${t("The arrow keys move the frame, with Shift they resize it, and Enter cuts it out.")} ${styled(place)}
    >${CORNERS.map((corner) => html`<i data-grip=${corner}></i>`)}</div>`;
  }

  private toolbar(): TemplateResult {
    const { sheets, tool } = this;
    return html`<div class="ms-editor-tools" role="toolbar" aria-label=${t("{name}: tools", { name: this.name })}>
      ${this.choices()}
      ${tool === "crop" && this.frame ? this.cropping(this.frame) : nothing}
      ${tool === "brush" ? this.colors() : nothing}
      ${
        tool === "brush" || tool === "eraser"
          ? html`<label class="ms-editor-size">${t("Size")} <input type="range" min="1" max="200" .value=${String(this.diameter)} @input=${this.onSize} /></label>`
          : nothing
      }
      ${this.layerChoice()}
      <span class="ms-editor-rest"></span>
      ${this.zoom()}
      <button class="ms-button ms-sm" type="button" ?disabled=${!sheets.canUndo} aria-keyshortcuts="Control+Z" @click=${this.back}>${t("Undo")}</button>
      <button class="ms-button ms-sm" type="button" ?disabled=${!sheets.canRedo} aria-keyshortcuts="Control+Y" @click=${this.forth}>${t("Redo")}</button>
      <button class="ms-button ms-sm" type="button" @click=${() => this.discard()}>${t("Clear")}</button>
      ${this.listens.has("apply") ? html`<button class="ms-button ms-primary ms-sm" type="button" @click=${() => this.fire("apply")}>${t("Apply")}</button>` : nothing}
    </div>`;
  }

  private choices(): unknown {
    const { props, tool, desk } = this;
    const tools: [Tool, string, boolean][] = [
      ["brush", t("Brush"), props.brush !== null],
      ["eraser", t("Eraser"), props.eraser !== null],
      ["crop", t("Crop"), props.transforms.includes("crop")],
      ["move", t("Move"), desk.zoom > 1],
    ];
    return tools.map(([name, title, isOffered]) =>
      isOffered
        ? html`<button class="ms-button ms-sm" type="button" aria-pressed=${tool === name} @click=${() => this.take(name)}>${title}</button>`
        : nothing,
    );
  }

  private cropping([, , width, height]: CropFrame): TemplateResult {
    return html`<button class="ms-button ms-primary ms-sm" type="button" @click=${this.crop}>${t("Cut it out")}</button>
      <output class="ms-editor-size">${Math.round(width)} × ${Math.round(height)}</output>`;
  }

  private zoom(): TemplateResult {
    const { desk } = this;
    return html`<span class="ms-editor-zoom">
      <button class="ms-button ms-sm" type="button" title=${t("Zoom out")} aria-label=${t("Zoom out")} ?disabled=${desk.zoom === 1} @click=${desk.zoomOut}>−</button>
      <button class="ms-button ms-sm" type="button" title=${t("Show all of it")} @click=${desk.fit}>${Math.round(desk.zoom * 100)} % <span class="ms-sr">${t("Show all of it")}</span></button>
      <button class="ms-button ms-sm" type="button" title=${t("Zoom in")} aria-label=${t("Zoom in")} ?disabled=${desk.zoom === MOST_ZOOM} @click=${desk.zoomIn}>+</button>
    </span>`;
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
