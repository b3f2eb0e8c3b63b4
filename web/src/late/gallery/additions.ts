/** The ways in which the user adds to a gallery: files that are chosen, dropped or pasted, and photos. */
import { html, nothing, type ReactiveControllerHost, type TemplateResult } from "lit";
import { emit, RECORD, UPLOAD } from "../../constants.ts";
import { preview } from "../../elements/parts/camera_frame.ts";
import { DropZone } from "../../elements/parts/dropzone.ts";
import { following, isAccepted, noRoom, pastedFile } from "../../elements/parts/files.ts";
import { icon } from "../../elements/parts/icons.ts";
import { frameTool, waiting } from "../../elements/parts/media_frame.ts";
import { recordBar, roundButton } from "../../elements/parts/record_button.ts";
import { sending } from "../../elements/parts/sending.ts";
import { troublePanel } from "../../elements/parts/trouble.ts";
import type { StreamView, UploadView } from "../../states.ts";
import { t } from "../../words.ts";

export type GallerySource = "upload" | "webcam" | "clipboard";

/** The gallery, as far as one adds to it. */
export interface AdditionsHost extends ReactiveControllerHost, HTMLElement {
  readonly component: number;
  readonly stream: StreamView;
  readonly upload: UploadView | null;
  readonly count: number;
  readonly props: {
    interactive: boolean;
    sources: readonly GallerySource[];
    accept: readonly string[];
    max_files: number;
  };
}

export class Additions {
  readonly zone: DropZone;
  /** The problem with the last files; empty if there was none. */
  problem = "";
  private readonly host: AdditionsHost;

  constructor(host: AdditionsHost) {
    this.host = host;
    this.zone = new DropZone(
      host,
      () => this.offers("upload"),
      (files) => this.take(files),
    );
  }

  get isRecording(): boolean {
    return this.host.stream.state !== "idle";
  }

  private offers(source: GallerySource): boolean {
    const { interactive, sources } = this.host.props;
    return interactive && sources.includes(source);
  }

  /** The buttons, or what is on its way; nothing where there is no room for more. */
  door(name: string): TemplateResult | typeof nothing {
    const { props, upload, count } = this.host;
    if (!props.interactive || count >= props.max_files) return nothing;
    if (upload) return sending(upload);
    const pastes = this.offers("clipboard") && "clipboard" in navigator;
    return html`<div class="ms-door">
      ${this.offers("upload") ? this.uploadButton(name) : nothing}
      ${pastes ? html`<button class="ms-button ms-sm" type="button" @click=${this.paste}>${icon("paste")} ${t("Paste")}</button>` : nothing}
      ${this.offers("webcam") ? html`<button class="ms-button ms-sm" type="button" @click=${() => this.record("start")}>${icon("camera")} ${t("Camera")}</button>` : nothing}
    </div>`;
  }

  private uploadButton(name: string): TemplateResult {
    return html`
      <span>${t("Drop images or videos here")}</span>
      <button class="ms-button ms-sm" type="button" @click=${this.choose}>${icon("upload")} ${t("Upload")}</button>
      <input
        type="file" hidden multiple tabindex="-1" accept=${this.host.props.accept.join()} aria-label=${t("{name}: upload", { name })}
        @change=${this.onChosen}
      />
    `;
  }

  /** The open camera, which takes a photo. */
  camera(): TemplateResult {
    const { host } = this;
    const { stream } = host;
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
      ${preview(stream)}${isReady ? nothing : waiting(stream, "camera", () => this.record("close"))}${recordBar(host, "camera", shutter, [close])}
    </div>`;
  }

  /** The reason why the camera cannot be opened. */
  trouble(): TemplateResult | typeof nothing {
    const { trouble } = this.host.stream;
    return trouble ? html`<div class="ms-gallery-trouble">${troublePanel(trouble, "camera")}</div>` : nothing;
  }

  private record(action: "start" | "stop" | "close"): void {
    emit(this.host, RECORD, { component: this.host.component, action });
  }

  private take(files: readonly File[]): void {
    const { host } = this;
    const { accept, max_files: most } = host.props;
    const fitting = files.filter((file) => isAccepted(file, accept));
    const wrong = files.find((file) => !fitting.includes(file));
    const room = Math.max(0, most - host.count - following(host.upload));
    const lack = fitting.length > room ? noRoom(most) : "";
    this.say(lack || (wrong ? t("{name} is not of a type that is taken here.", { name: wrong.name }) : ""));
    const [file, ...more] = fitting.slice(0, room);
    if (file) emit(host, UPLOAD, { component: host.component, file, more });
  }

  /** Says why nothing was added; empty for no reason. */
  say(problem: string): void {
    this.problem = problem;
    this.host.requestUpdate();
  }

  private readonly choose = (): void => this.host.querySelector<HTMLInputElement>("input[type=file]")?.click();

  private readonly onChosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    this.take([...(input.files ?? [])]);
    input.value = "";
  };

  readonly onPaste = (event: ClipboardEvent): void => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0 && (this.offers("clipboard") || this.offers("upload"))) this.take(files);
  };

  private readonly paste = async (): Promise<void> => {
    const file = await pastedFile("image");
    if (file) this.take([file]);
    else this.say(t("There is no image in the clipboard."));
  };
}
