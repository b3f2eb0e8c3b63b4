import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { emit, UPLOAD } from "../constants.ts";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { customElement } from "../elements/parts/define.ts";
import { DropZone } from "../elements/parts/dropzone.ts";
import { download, isAccepted } from "../elements/parts/files.ts";
import { fullscreenTool } from "../elements/parts/fullscreen.ts";
import { icon } from "../elements/parts/icons.ts";
import { chip, failure, frameTool, nothingYet, uploading } from "../elements/parts/media_frame.ts";
import { progress } from "../elements/parts/run.ts";
import { length, styled } from "../elements/parts/styled.ts";
import { addressOf, type FileValue, type LinkValue } from "../manifest.ts";
import type { UploadView } from "../states.ts";
import type { DisplayMode } from "./model3d/model_files.ts";
import type { ModelView } from "./model3d/model_view.ts";
import "../styles/model3d.css";
import { t } from "../words.ts";

interface Model3DProps extends LeafProps {
  value: (FileValue & { kind?: string }) | LinkValue | null;
  display_mode: DisplayMode;
  clear_color: readonly number[] | null;
  camera_position: readonly (number | null)[];
  zoom_speed: number;
  pan_speed: number;
  height: number | string | null;
  accept: readonly string[];
}

/** Degrees that an arrow key turns, and the factor by which + and - go nearer. */
const TURN = 10;
const NEARER = 0.9;

/** A 3D model in a frame. The library that draws it is loaded with the first model. */
@customElement("ms-model3d")
export class Model3D extends Leaf<Model3DProps> {
  @property({ attribute: false }) upload: UploadView | null = null;
  @state() private trouble = "";
  @state() private problem = "";
  @state() private isShown = false;
  private readonly canvas = document.createElement("canvas");
  private view: ModelView | null = null;
  private wanted = 0;
  private readonly zone = new DropZone(
    this,
    () => this.props.interactive,
    (files) => this.take(files),
  );

  /** Says why an upload has failed. */
  refuse(message: string): void {
    this.problem = message;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.view?.close();
    this.view = null;
    this.isShown = false;
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has("props")) return;
    const before = changed.get("props") as Model3DProps | undefined;
    const isSame = (name: keyof Model3DProps): boolean => before?.[name] === this.props[name];
    if (!isSame("value") || !isSame("display_mode")) void this.load();
    else if (!isSame("clear_color") || !isSame("camera_position")) this.view?.reset(this.look);
  }

  private get look() {
    const { display_mode: mode, clear_color: clear, camera_position: camera, zoom_speed, pan_speed } = this.props;
    return { mode, clear, camera, zoomSpeed: zoom_speed, panSpeed: pan_speed };
  }

  /** Loads the library and the model; of several that are wanted only the newest is shown. */
  private async load(): Promise<void> {
    const order = ++this.wanted;
    const { value } = this.props;
    this.trouble = "";
    if (!value || !("file" in value)) {
      this.view?.clear();
      this.isShown = false;
      return;
    }
    try {
      const [{ ModelView }, answer] = await Promise.all([
        import("./model3d/model_view.ts"),
        fetch(`file/${value.file}`),
      ]);
      const data = await answer.arrayBuffer();
      if (order !== this.wanted || !this.isConnected) return;
      this.isShown = true;
      await this.updateComplete;
      this.view ??= new ModelView(this.canvas);
      await this.view.show(data, value.kind ?? "", this.look);
    } catch (error) {
      if (order !== this.wanted) return;
      this.view?.clear();
      this.isShown = false;
      const isBare = this.view === null && !document.createElement("canvas").getContext("webgl2");
      const why = error instanceof Error ? error.message : String(error);
      this.trouble = isBare
        ? t("This browser shows no 3D: WebGL is switched off, or there is no graphics driver.")
        : t("{name} cannot be shown: the file is broken ({reason}).", {
            name: value.name,
            reason: why.replace(/^THREE\.\w+: |\.+$/g, "").slice(0, 200),
          });
    }
  }

  protected override render(): TemplateResult {
    const height = length(this.props.height);
    const help = t("Arrow keys turn it, plus and minus go nearer and farther, Home goes back.");
    return html`
      <div
        class="ms-frame ms-model" role="group" aria-label=${this.name} ?data-shown=${this.isShown} ?data-target=${this.zone.isTarget}
        ${styled({ height, "max-height": height })} @dragover=${this.zone.onDrag} @dragleave=${this.zone.onDragEnd} @drop=${this.zone.onDrop}
      >
        <div
          class="ms-model-stage" role="application" tabindex="0" aria-label=${t("{name}: 3D model. {keys}", { name: this.name, keys: help })} title=${help}
          ?hidden=${!this.isShown} @keydown=${this.onKey}
        >${this.canvas}</div>
        ${this.overlay()}${chip(this.props)}${this.bar()}${progress(this.run)}
      </div>
      ${this.notes(this.problem, null)}
    `;
  }

  private overlay(): TemplateResult | typeof nothing {
    const { value, interactive } = this.props;
    if (this.upload) return uploading(this.upload);
    if (this.run?.state === "failed") return failure(this.run.message);
    if (this.trouble) return failure(this.trouble);
    if (value && "url" in value) return elsewhere(value.url);
    if (value)
      return this.isShown ? nothing : html`<div class="ms-veil" role="status"><p>${t("Loading the model")}</p></div>`;
    if (!interactive) return nothingYet("file", null, "model", this);
    return html`<div class="ms-void">
      <p>${t("Drop a 3D model here")}</p>
      <div class="ms-ways">
        <button class="ms-button ms-sm" type="button" @click=${this.choose}>${icon("upload")} ${t("Upload")}</button>
        <input type="file" hidden tabindex="-1" accept=${this.props.accept.join()} aria-label=${t("{name}: upload", { name: this.name })} @change=${this.onChosen} />
      </div>
    </div>`;
  }

  private bar(): TemplateResult | typeof nothing {
    const { value, interactive } = this.props;
    const address = addressOf(value);
    if (!value || !address) return nothing;
    const tools: TemplateResult[] = [];
    if (interactive) tools.push(frameTool("trash", t("Clear"), () => this.discard()));
    if (this.isShown) tools.push(frameTool("reset", t("Show all of it"), () => this.view?.reset()));
    if ("file" in value) tools.push(frameTool("download", t("Download"), () => download(address, value, "model")));
    if (this.isShown) tools.push(...fullscreenTool(() => this.querySelector(".ms-frame")));
    return tools.length > 0 ? html`<div class="ms-bar ms-slim">${tools}</div>` : nothing;
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const act = {
      ...{ ArrowLeft: [-TURN, 0], ArrowRight: [TURN, 0], ArrowUp: [0, -TURN], ArrowDown: [0, TURN] },
      ...{ "+": [0, 0, NEARER], "=": [0, 0, NEARER], "-": [0, 0, 1 / NEARER] },
    }[event.key] as [number, number, number?] | undefined;
    if (event.key === "Home") this.view?.reset();
    else if (act) this.view?.turn(...act);
    else return;
    event.preventDefault();
  };

  private take(files: readonly File[]): void {
    const [file] = files;
    if (!file) return;
    const fits = isAccepted(file, this.props.accept);
    this.problem = fits
      ? ""
      : t("{name} is no 3D model: take one of {types}.", {
          name: file.name,
          types: this.props.accept.join(", "),
        });
    if (fits) emit(this, UPLOAD, { component: this.component, file });
  }

  private readonly choose = (): void => this.querySelector<HTMLInputElement>("input[type=file]")?.click();

  private readonly onChosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    this.take([...(input.files ?? [])]);
    input.value = "";
  };
}

/** A model that is not ours: the page's security policy lets it load nothing from elsewhere. */
function elsewhere(address: string): TemplateResult {
  return html`<div class="ms-void">
    <p>${t("This model is at another address.")} <a href=${address} target="_blank" rel="noopener">${t("Open it there")}</a></p>
  </div>`;
}
