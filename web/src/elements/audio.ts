import { html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";
import type { AudioLevel } from "../codecs/types.ts";
import { emit, LISTEN, RECORD } from "../constants.ts";
import { addressOf } from "../manifest.ts";
import { type AudioView, IDLE, type StreamView, type UploadView } from "../states.ts";
import { Leaf, type LeafProps } from "./base.ts";
import { FileInput, type FileInputHost } from "./parts/file_input.ts";
import { download } from "./parts/files.ts";
import { icon } from "./parts/icons.ts";
import { chip, failure, frameTool, nothingYet, timeLeft, uploading, waiting } from "./parts/media_frame.ts";
import "./parts/level_meter.ts";
import type { LevelMeter } from "./parts/level_meter.ts";
import "./parts/live_audio.ts";
import type { LiveAudio } from "./parts/live_audio.ts";
import "./parts/player.ts";
import { t } from "../words.ts";
import { customElement } from "./parts/define.ts";
import { PushToTalk } from "./parts/push_to_talk.ts";
import { elapsed, recordBar, recordButton } from "./parts/record_button.ts";
import { progress } from "./parts/run.ts";
import { styled } from "./parts/styled.ts";
import { troublePanel } from "./parts/trouble.ts";
import { turnChip } from "./parts/turn.ts";

type AudioSource = "microphone" | "upload";

interface AudioProps extends LeafProps {
  sources: readonly AudioSource[];
  streaming: boolean;
  autoplay: boolean;
  loop: boolean;
  buttons: readonly string[];
  max_length: number | null;
  playback_position?: readonly number[];
  /** WebVTT, for an add-on. */
  subtitles?: string;
  push_to_talk?: boolean;
  waveform: Waveform;
}

interface Waveform {
  color: string | null;
  played_color: string | null;
  shows_recording: boolean;
  /** Seconds; null for a step that fits the length. */
  skip_s: number | null;
}

/** Audio: the microphone with its level, or a player with its waveform, in a frame of one height. */
@customElement("ms-audio")
export class Audio extends Leaf<AudioProps> implements FileInputHost {
  @property({ attribute: false }) stream: StreamView = IDLE;
  @property({ attribute: false }) upload: UploadView | null = null;
  /** The state of streamed audio, during playback and afterwards; null if the value is shown instead. */
  @property({ attribute: false }) audio: AudioView | null = null;
  /** Null unless the button is held down to speak. */
  private talk: PushToTalk | null = null;
  private readonly fileInput = new FileInput(this, { kind: "audio" });

  /** Shows the level of the microphone; called about 20 times a second. */
  setLevel(level: AudioLevel): void {
    this.querySelector<LevelMeter>("ms-level")?.push(level);
  }

  /** Shows the position and level of streamed audio; called about 20 times a second. */
  setHeard(playedS: number, level: AudioLevel): void {
    this.querySelector<LiveAudio>("ms-live")?.move(playedS, level);
  }

  get isRecording(): boolean {
    return this.stream.state !== "idle";
  }

  private get address(): string | null {
    return this.audio?.state === "over" ? this.audio.address : addressOf(this.props.value);
  }

  offers(source: AudioSource | "clipboard"): boolean {
    if (source === "microphone" && this.isRecording) return true; // whatever has changed since, it can be stopped
    return this.props.interactive && (this.props.sources ?? []).some((each) => each === source);
  }

  protected override render(): TemplateResult {
    const { stream } = this;
    const { waveform } = this.props;
    return html`
      <div
        class="ms-frame ms-audio" data-state=${stream.state} ?data-target=${this.fileInput.isTarget} ?data-bar=${this.offers("microphone")} ?data-invites=${this.invites} role="group" aria-label=${this.name}
        ${styled({ "--ms-wave-ink": waveform?.color ?? null, "--ms-wave-played": waveform?.played_color ?? null })}
        @dragover=${this.fileInput.onDrag} @dragleave=${this.fileInput.onDragEnd} @drop=${this.fileInput.onDrop}
      >
        <div class="ms-body">${this.body()}</div>
        ${this.overlay()}${chip(this.props)}${turnChip(stream)}${this.bar()}
        ${timeLeft(stream)}${progress(this.run)}
      </div>
      ${this.notes(this.fileInput.problem, null)}
    `;
  }

  private body(): TemplateResult {
    if (this.isRecording) return this.level();
    if (this.audio && this.audio.state !== "over") {
      return html`<ms-live .state=${this.audio.state} @ms-toggle=${() => this.listen()} @ms-quit=${() => this.quit()}></ms-live>`;
    }
    if (this.audio?.problem) return html`<div class="ms-void"><p class="ms-problem">${this.audio.problem}</p></div>`;
    if (this.address) return this.player(this.address);
    if (!this.props.interactive) return nothingYet("audio", null, "audio", this);
    return html`<div class="ms-void" @click=${this.fileInput.onVoid}>
      ${this.invites ? (this.props.push_to_talk ? html`<p>${t("Hold it, or the space bar, while you speak")}</p>` : nothing) : html`<p>${t("Drop an audio file here")}</p>`}${this.fileInput.uploadButton(this.name)}
    </div>`;
  }

  /** True if the whole frame is the record button. */
  private get invites(): boolean {
    const { upload, stream, run, audio, props } = this;
    const isFree = !upload && !stream.trouble && run?.state !== "failed" && !this.isRecording;
    return isFree && !audio && !this.address && this.offers("microphone") && props.sources[0] === "microphone";
  }

  private level(): TemplateResult {
    const { turn } = this.stream;
    if (this.props.waveform?.shows_recording ?? true)
      return html`<ms-level data-turn=${turn ?? nothing} .quiet=${turn === "thinking" || turn === "answering"}></ms-level>`;
    return html`<div class="ms-void">${icon("microphone")}</div>`;
  }

  private player(address: string): TemplateResult {
    const { loop, playback_position: position } = this.props;
    // Audio that was heard once does not start again by itself.
    const autoplay = this.props.autoplay && this.audio === null;
    return html`<ms-player
      .address=${address} .name=${this.name} .autoplay=${autoplay} .loop=${loop} .position=${position} .skipS=${this.props.waveform?.skip_s ?? null}
      @ms-play=${() => this.fire("play")} @ms-pause=${() => this.fire("pause")} @ms-stop=${() => this.fire("stop")}
    ></ms-player>`;
  }

  private overlay(): TemplateResult | typeof nothing {
    const { stream } = this;
    if (this.upload) return uploading(this.upload);
    if (stream.trouble) return troublePanel(stream.trouble, "microphone");
    if (stream.state === "waiting" || stream.state === "starting")
      return waiting(stream, "microphone", () => this.toggle());
    return this.run?.state === "failed" ? failure(this.run.message) : nothing;
  }

  private bar(): TemplateResult | typeof nothing {
    const tools = this.tools();
    if (!this.offers("microphone"))
      return tools.length > 0 ? html`<div class="ms-bar ms-slim">${tools}</div>` : nothing;
    return recordBar(
      this,
      "microphone",
      recordButton(this.stream, () => this.toggle(), this.talk),
      tools,
      elapsed(this),
    );
  }

  private tools(): TemplateResult[] {
    if (!this.address || this.isRecording || (this.audio && this.audio.state !== "over")) return [];
    const tools = [];
    if (this.props.interactive) tools.push(frameTool("trash", t("Clear"), () => this.discard()));
    if (this.props.buttons?.includes("download") && this.run?.state !== "failed")
      tools.push(frameTool("download", t("Download"), () => this.download()));
    return tools;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.talk = this.props.push_to_talk ? new PushToTalk(this, (action) => this.record(action)) : null;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.talk?.end();
  }

  private listen(): void {
    emit(this, LISTEN, { component: this.component, action: this.audio?.state === "playing" ? "pause" : "play" });
  }

  private quit(): void {
    emit(this, LISTEN, { component: this.component, action: "stop" });
  }

  private toggle(): void {
    this.record(this.isRecording ? "stop" : "start");
  }

  private record(action: "start" | "stop"): void {
    emit(this, RECORD, { component: this.component, action });
  }

  private download(): void {
    const { address } = this;
    if (address) download(address, this.props.value, "audio.wav");
  }
}
