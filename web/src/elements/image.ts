import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { sizeOf, still } from "../capture/still_image.ts";
import { emit, RECORD, type RecordDetail } from "../constants.ts";
import { addressOf, marksOf } from "../manifest.ts";
import { IDLE, type OutputElement, type OutputSurface, type StreamView, type UploadView } from "../states.ts";
import { t } from "../words.ts";
import { Leaf, type LeafProps } from "./base.ts";
import { type FrameShape, frameSize, playPreview, preview, ratioOf } from "./parts/camera_frame.ts";
import { pixelAt } from "./parts/clicked_pixel.ts";
import { customElement } from "./parts/define.ts";
import { FileInput, type FileInputHost } from "./parts/file_input.ts";
import { download, save } from "./parts/files.ts";
import { fullscreenTool } from "./parts/fullscreen.ts";
import { icon } from "./parts/icons.ts";
import { chip, failure, frameTool, nothingYet, timeLeft, uploading, waiting } from "./parts/media_frame.ts";
import { QuietControls } from "./parts/quiet_controls.ts";
import { recordBar, recordButton, roundButton } from "./parts/record_button.ts";
import { progress } from "./parts/run.ts";
import { Stage } from "./parts/stage.ts";
import { styled } from "./parts/styled.ts";
import { troublePanel } from "./parts/trouble.ts";

type ImageSource = "upload" | "webcam" | "clipboard";

interface ImageProps extends LeafProps, FrameShape {
  sources: readonly ImageSource[];
  streaming: boolean;
  constraints: MediaTrackConstraints | null;
  placeholder: string | null;
  alt_text?: string | null;
  buttons: readonly string[];
  format: string | null;
}

/** An image: the camera, a file, a result, or all of them in one frame. */
@customElement("ms-image")
export class Image extends Leaf<ImageProps> implements OutputSurface, FileInputHost {
  @property({ attribute: false }) stream: StreamView = IDLE;
  @property({ attribute: false }) upload: UploadView | null = null;
  @state() private hasImage = false;
  /** The camera is open for the next photo, and its preview is shown, whatever was taken before. */
  @state() private aims = false;
  /** The ratio of what is shown, or was shown last. */
  @state() private ratio: string | null = null;
  private readonly fileInput = new FileInput(this, { kind: "image" });
  private readonly stage = new Stage(() => this.props.alt_text || this.name);

  constructor() {
    super();
    new QuietControls(this);
  }

  place(output: OutputElement | null): void {
    this.stage.place(output);
    this.hasImage = output !== null;
    if (output) this.aims = false;
    if (output) this.ratio = ratioOf(output) ?? this.ratio;
    this.fileInput.say("");
  }

  describe(words: string): void {
    this.stage.describe(words);
  }

  get isRecording(): boolean {
    return this.stream.state !== "idle";
  }

  offers(source: ImageSource): boolean {
    const { streaming } = this.props;
    if (source === "webcam" && this.isRecording && streaming) return true; // whatever has changed since: it can be stopped
    return this.props.interactive && (this.props.sources ?? []).includes(source);
  }

  protected override render(): TemplateResult {
    const { stream } = this;
    return html`
      <div
        class="ms-frame ${this.listens.has("select") ? "ms-pickable" : ""}" data-state=${stream.state}
        ?data-target=${this.fileInput.isTarget} ?data-live=${stream.preview !== null} ?data-shown=${this.shows} ?data-aims=${this.aims} ?data-bar=${this.offers("webcam")} ?data-invites=${this.invites}
        ${styled(frameSize(this.props, this.ratio))}
        role="group" aria-label=${this.name} tabindex=${this.offers("upload") || this.offers("clipboard") ? 0 : nothing}
        @dragover=${this.fileInput.onDrag} @dragleave=${this.fileInput.onDragEnd} @drop=${this.fileInput.onDrop} @paste=${this.fileInput.onPaste} @click=${this.onClick}
        @loadedmetadata=${this.onSize} @resize=${this.onSize}
      >
        ${preview(stream)}${this.stage.element}${this.overlay()}${chip(this.props)}${this.bar()}
        ${timeLeft(stream)}${progress(this.run)}
      </div>
      ${this.notes(this.fileInput.problem, null)}
    `;
  }

  /** True if an image is seen. */
  private get shows(): boolean {
    return this.hasImage && !this.aims;
  }

  private overlay(): TemplateResult | typeof nothing {
    const { stream } = this;
    if (this.upload) return uploading(this.upload);
    if (stream.trouble) return troublePanel(stream.trouble, "camera");
    if (stream.state === "waiting" || stream.state === "starting")
      return waiting(stream, "camera", () => this.toggle());
    if (this.run?.state === "failed") return failure(this.run.message);
    return this.hasImage || this.isRecording ? nothing : this.empty();
  }

  /** True if the whole frame is the button of the camera. */
  private get invites(): boolean {
    const { upload, stream, run, hasImage, props } = this;
    const isFree = !upload && !stream.trouble && run?.state !== "failed" && !hasImage && !this.isRecording;
    return isFree && this.offers("webcam") && props.sources[0] === "webcam";
  }

  /** The invitation in a frame that shows nothing yet. */
  private empty(): TemplateResult {
    const { placeholder, interactive } = this.props;
    if (!interactive) return nothingYet("image", placeholder, "image", this);
    const files = this.offers("upload") || this.offers("clipboard");
    const words = this.invites ? null : this.offers("upload") ? t("Drop an image here") : t("Paste an image here");
    return html`<div class="ms-void" @click=${this.fileInput.onVoid}>
      ${files && !this.invites ? icon("image") : nothing}<p>${placeholder ?? words}</p>
      ${files ? html`<div class="ms-ways">${this.fileInput.uploadButton(this.name)}${this.fileInput.pasteButton()}</div>` : nothing}
    </div>`;
  }

  private bar(): TemplateResult | typeof nothing {
    const tools = this.tools();
    if (!this.offers("webcam")) return tools.length > 0 ? html`<div class="ms-bar ms-slim">${tools}</div>` : nothing;
    const button = this.props.streaming ? recordButton(this.stream, () => this.toggle()) : this.shutter();
    return recordBar(this, "camera", button, tools);
  }

  /** For an image that drives no stream: opens the camera, then takes one photo after the other. */
  private shutter(): TemplateResult {
    const isOpen = this.stream.state === "running";
    const name = !isOpen ? t("Open the camera") : this.shows ? t("Take another") : t("Take a photo");
    const press = (): void => {
      if (isOpen && this.shows) this.aims = true;
      else this.record(isOpen ? "take" : "start");
    };
    return roundButton(this.stream.state, name, press, isOpen ? nothing : icon("camera"), "ms-shutter");
  }

  private tools(): TemplateResult[] {
    if (this.stream.trouble) return [];
    const { buttons, interactive, streaming } = this.props;
    const isFailed = this.run?.state === "failed";
    const shown = this.shows && !isFailed;
    const tools = [];
    if (this.isRecording && !streaming)
      tools.push(frameTool("camera-off", t("Close the camera"), () => this.record("close")));
    if (interactive && this.shows && !(this.isRecording && streaming))
      tools.push(frameTool("trash", t("Clear"), () => this.discard()));
    if (shown && buttons?.includes("download"))
      tools.push(frameTool("download", t("Download"), () => void this.download()));
    if ((shown || this.isRecording) && buttons?.includes("fullscreen"))
      tools.push(...fullscreenTool(() => this.querySelector(".ms-frame")));
    return tools;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const wasRecording = ((changed.get("stream") as StreamView | undefined) ?? IDLE).state !== "idle";
    if (changed.has("stream") && wasRecording !== this.isRecording)
      this.aims = this.isRecording && !this.props.streaming;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("stream") && this.stream.preview) playPreview(this);
    if (changed.has("props")) this.stage.describe();
  }

  private toggle(): void {
    this.record(this.isRecording ? "stop" : "start");
  }

  private record(action: RecordDetail["action"]): void {
    emit(this, RECORD, { component: this.component, action });
  }

  /** The camera, or a result, has another size. Media events do not bubble: they are caught on their way down. */
  private readonly onSize = {
    capture: true,
    handleEvent: ({ target }: Event): void => {
      const isCovered = this.shows && target !== this.stage.image;
      if (!isCovered) this.ratio = ratioOf(target as HTMLVideoElement) ?? this.ratio;
    },
  };

  /** `select`: the pixel that was clicked, in the coordinates of the image. */
  private onClick(event: MouseEvent): void {
    const { image } = this.stage;
    if (!image || event.target !== image || !this.listens.has("select")) return;
    const index = pixelAt(event, image.getBoundingClientRect(), sizeOf(image));
    if (index) this.fire("select", { index });
  }

  private async download(): Promise<void> {
    const address = addressOf(this.props.value);
    if (address && marksOf(this.props.value) === null) return download(address, this.props.value, "image");
    const { image } = this.stage;
    if (image) save(await still(image, "image.png", { type: "image/png" }), "image.png");
  }
}
