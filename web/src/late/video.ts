import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { Volume2 } from "lucide";
import type { AudioLevel } from "../codecs/types.ts";
import { emit, LISTEN, RECORD } from "../constants.ts";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { type FrameShape, frameSize, playPreview, preview, ratioOf } from "../elements/parts/camera_frame.ts";
import { FileInput, type FileInputHost } from "../elements/parts/file_input.ts";
import { download, save } from "../elements/parts/files.ts";
import { glyph, icon } from "../elements/parts/icons.ts";
import { chip, failure, frameTool, nothingYet, timeLeft, uploading, waiting } from "../elements/parts/media_frame.ts";
import { addressOf } from "../manifest.ts";
import { IDLE, type StreamView, type UploadView, type VideoView } from "../states.ts";

import "../elements/parts/level_meter.ts";
import { playByItself } from "../elements/parts/autoplay.ts";
import { customElement } from "../elements/parts/define.ts";
import type { LevelMeter } from "../elements/parts/level_meter.ts";
import { QuietControls } from "../elements/parts/quiet_controls.ts";
import { elapsed, recordBar, recordButton } from "../elements/parts/record_button.ts";
import { progress } from "../elements/parts/run.ts";
import { styled } from "../elements/parts/styled.ts";
import { troublePanel } from "../elements/parts/trouble.ts";
import { VideoFile } from "../elements/parts/video_file.ts";
import "../styles/video.css";
import { t } from "../words.ts";

type VideoSource = "upload" | "webcam";

interface VideoProps extends LeafProps, FrameShape {
  sources: readonly VideoSource[];
  streaming: boolean;
  include_audio: boolean;
  max_length: number | null;
  /** Where it starts, in seconds: a new list each time that the app says so. */
  playback_position?: readonly number[];
  autoplay: boolean;
  loop: boolean;
  buttons: readonly string[];
}

/** A video: the camera, a file, a result or a stream, in one frame. */
@customElement("ms-video")
export class Video extends Leaf<VideoProps> implements FileInputHost {
  @property({ attribute: false }) stream: StreamView = IDLE;
  @property({ attribute: false }) upload: UploadView | null = null;
  /** The streamed video, during playback and afterwards; null if the value is shown instead. */
  @property({ attribute: false }) video: VideoView | null = null;
  @state() private wantsTap = false;
  /** The ratio of what is shown, or was shown last. */
  @state() private ratio: string | null = null;
  /** True if this recording has a microphone. */
  @state() private isHeard = false;
  private readonly fileInput = new FileInput(this, { kind: "video" });
  private readonly player = new VideoFile(() => this.requestUpdate());
  private readonly watched = new WeakSet<HTMLVideoElement>();
  /** The position that was gone to last. */
  private position: readonly number[] | undefined;
  /** The viewer has stopped a video, which is about to pause. */
  private isQuitting = false;

  constructor() {
    super();
    new QuietControls(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.shown?.pause();
  }

  /** Shows the level of the microphone; called about 20 times a second. */
  setLevel(level: AudioLevel): void {
    this.isHeard = this.isRecording;
    this.querySelector<LevelMeter>("ms-level")?.push(level);
  }

  get isRecording(): boolean {
    return this.stream.state !== "idle";
  }

  offers(source: VideoSource | "clipboard"): boolean {
    if (source === "webcam" && this.isRecording) return true; // whatever has changed since: it can be stopped
    return this.props.interactive && (this.props.sources ?? []).some((each) => each === source);
  }

  private get address(): string | null {
    return addressOf(this.props.value);
  }

  /** The element that plays; null while there is nothing to play. */
  private get shown(): HTMLVideoElement | null {
    if (this.isRecording) return null;
    return this.video ? this.video.element : this.address ? this.player.element : null;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (changed.has("props")) this.load();
    if (changed.has("video") && this.video)
      this.begin(this.video, changed.get("video") as VideoView | null | undefined);
    if (changed.has("stream") && this.isRecording) this.player.element.pause();
    if (changed.has("stream") && !this.isRecording) this.isHeard = false;
  }

  protected override render(): TemplateResult {
    const { stream, shown } = this;
    return html`
      <div
        class="ms-frame ms-video" data-state=${stream.state} ?data-target=${this.fileInput.isTarget} ?data-live=${stream.preview !== null}
        ?data-shown=${shown !== null} ?data-bar=${this.offers("webcam")} ?data-invites=${this.invites} ${styled(frameSize(this.props, this.ratio))} role="group" aria-label=${this.name}
        @dragover=${this.fileInput.onDrag} @dragleave=${this.fileInput.onDragEnd} @drop=${this.fileInput.onDrop} @paste=${this.fileInput.onPaste}
        @loadedmetadata=${this.onSize} @resize=${this.onSize}
      >
        ${preview(stream)}${this.isHeard ? html`<ms-level></ms-level>` : nothing}<div class="ms-stage">${shown}</div>${this.unmuteButton()}${this.overlay()}${chip(this.props)}${this.bar()}
        ${timeLeft(stream)}${progress(this.run)}
      </div>
      ${this.notes(this.fileInput.problem, this.video ? this.run : null)}
    `;
  }

  /** The reason why nothing can be shown. A video that failed halfway is shown, with the error below it. */
  private get trouble(): string {
    if (this.video) return this.video.problem;
    return this.run?.state === "failed" ? this.run.message || t("Something went wrong.") : this.player.fault;
  }

  /** The browser unmutes only after a tap. */
  private unmuteButton(): TemplateResult | typeof nothing {
    if (!this.wantsTap || !this.shown) return nothing;
    return html`<button class="ms-button ms-primary ms-sm ms-unmute" type="button" @click=${this.unmute}>
      ${glyph(Volume2)} ${t("Tap to unmute")}
    </button>`;
  }

  private overlay(): TemplateResult | typeof nothing {
    const { stream } = this;
    if (this.upload) return uploading(this.upload);
    if (stream.trouble) return troublePanel(stream.trouble, "camera");
    if (stream.state === "waiting" || stream.state === "starting")
      return waiting(stream, "camera", () => this.record());
    if (this.trouble) return failure(this.trouble);
    return this.shown || this.isRecording ? nothing : this.empty();
  }

  /** True if the whole frame is the record button. */
  private get invites(): boolean {
    const isFree = !this.upload && !this.stream.trouble && !this.trouble && !this.shown && !this.isRecording;
    return isFree && this.offers("webcam") && this.props.sources[0] === "webcam";
  }

  private empty(): TemplateResult {
    if (!this.props.interactive) return nothingYet("video", null, "video", this);
    const files = this.offers("upload");
    return html`<div class="ms-void" @click=${this.fileInput.onVoid}>
      ${this.invites ? nothing : html`${icon("video")}<p>${t("Drop a video here")}</p>`}
      ${files ? html`<div class="ms-ways">${this.fileInput.uploadButton(this.name)}</div>` : nothing}
    </div>`;
  }

  private bar(): TemplateResult | typeof nothing {
    const tools = this.tools();
    const slim = tools.length > 0 ? html`<div class="ms-bar ms-slim">${tools}</div>` : nothing;
    if (!this.offers("webcam")) return slim;
    return recordBar(
      this,
      this.props.include_audio ? "both" : "camera",
      recordButton(this.stream, () => this.record()),
      tools,
      elapsed(this),
    );
  }

  private tools(): TemplateResult[] {
    if (this.stream.trouble || !this.shown) return [];
    const { buttons, interactive } = this.props;
    const tools = [];
    if (this.video?.state === "coming") tools.push(frameTool("square", t("Stop playing"), () => this.quit()));
    if (interactive) tools.push(frameTool("trash", t("Clear"), () => this.discard()));
    if (!this.trouble && buttons?.includes("download") && (this.video ? this.video.file : this.address))
      tools.push(frameTool("download", t("Download"), () => this.download()));
    return tools;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("stream") && this.stream.preview) playPreview(this);
  }

  /** The camera, or a video, has another size. Media events do not bubble: they are caught on their way down. */
  private readonly onSize = {
    capture: true,
    handleEvent: ({ target }: Event): void => {
      if (!this.shown || target === this.shown) this.ratio = ratioOf(target as HTMLVideoElement) ?? this.ratio;
    },
  };

  // ---- playing ---------------------------------------------------------------------------------------------------

  /** Lets the player show the value, if it has changed. */
  private load(): void {
    const { player, address } = this;
    const { loop, autoplay, value, playback_position: position } = this.props;
    player.element.loop = loop ?? false;
    player.element.setAttribute("aria-label", this.name);
    this.watch(player.element);
    const isNext = player.load(address, value);
    if (position && (isNext || position !== this.position)) [player.element.currentTime] = position as [number];
    this.position = position;
    if (!isNext) return;
    this.wantsTap = false;
    if (address && autoplay) void this.start(player.element);
  }

  private begin(video: VideoView, before: VideoView | null | undefined): void {
    if (before?.playback === video.playback) return;
    this.player.element.pause();
    this.watch(video.element);
    video.element.setAttribute("aria-label", this.name);
    this.wantsTap = false;
    if (this.props.autoplay) void this.start(video.element);
  }

  private async start(video: HTMLVideoElement): Promise<void> {
    const wantsTap = await playByItself(video);
    if (video === this.shown) this.wantsTap = wantsTap;
  }

  private unmute(): void {
    this.wantsTap = false;
    if (!this.shown) return;
    this.shown.muted = false;
    void this.shown.play().catch(() => undefined);
  }

  /** Reports the actions of the viewer, or the browser, to the app. */
  private watch(video: HTMLVideoElement): void {
    if (this.watched.has(video)) return;
    this.watched.add(video);
    const on = (name: string, handle: () => void): void =>
      video.addEventListener(name, () => {
        if (video === this.shown) handle();
      });
    on("play", () => this.fire("play"));
    on("pause", () => {
      if (video.ended) return;
      if (this.isQuitting) this.tellOver();
      else this.fire("pause");
    });
    on("ended", () => this.tellOver());
    on("volumechange", () => {
      if (!video.muted) this.wantsTap = false;
    });
  }

  private tellOver(): void {
    this.isQuitting = false;
    this.fire("stop");
    this.fire("end");
  }

  // ---- actions of the user ---------------------------------------------------------------------------------------

  private record(): void {
    emit(this, RECORD, { component: this.component, action: this.isRecording ? "stop" : "start" });
  }

  private quit(): void {
    if (this.shown?.paused) this.tellOver();
    else this.isQuitting = true;
    emit(this, LISTEN, { component: this.component, action: "stop" });
  }

  private download(): void {
    const { video, address } = this;
    if (video?.file) save(video.file, "video.mp4");
    else if (address) download(address, this.props.value, "video.mp4");
  }
}
