import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { emit, LISTEN, RECORD, UPLOAD } from "../constants.ts";
import { icon } from "../icons.ts";
import { addressOf } from "../manifest.ts";
import { IDLE, type Level, type SoundView, type StreamView, type UploadView } from "../view.ts";
import { Leaf, type LeafProps } from "./base.ts";
import "./parts/devices.ts";
import { fileIn, follow, isOfKind } from "./parts/file.ts";
import { failure, frameTool, uploading, waiting } from "./parts/frame.ts";
import "./parts/level.ts";
import type { LevelMeter } from "./parts/level.ts";
import "./parts/live.ts";
import type { LiveSound } from "./parts/live.ts";
import "./parts/player.ts";
import { recordButton } from "./parts/record.ts";
import { progress } from "./parts/run.ts";
import "./parts/time.ts";
import { troublePanel } from "./parts/trouble.ts";

type Source = "microphone" | "upload";

interface AudioProps extends LeafProps {
  sources: readonly Source[];
  streaming: boolean;
  autoplay: boolean;
  loop: boolean;
  buttons: readonly string[];
}

/** Sound: the microphone with its level, or a player with its waveform, in a frame of one height. */
@customElement("ms-audio")
export class AudioFrame extends Leaf<AudioProps> {
  @property({ attribute: false }) stream: StreamView = IDLE;
  @property({ attribute: false }) upload: UploadView | null = null;
  /** What is heard, or was heard, of streamed sound; null if the value is what counts. */
  @property({ attribute: false }) sound: SoundView | null = null;
  @state() private isTarget = false;
  @state() private problem = "";

  /** Shows how loud the microphone is; about 20 times a second. */
  setLevel(level: Level): void {
    this.querySelector<LevelMeter>("ms-level")?.push(level);
  }

  /** Shows how far streamed sound is, and how loud; about 20 times a second. */
  setHeard(playedS: number, level: Level): void {
    this.querySelector<LiveSound>("ms-live")?.move(playedS, level);
  }

  private get isRecording(): boolean {
    return this.stream.state !== "idle";
  }

  private get address(): string | null {
    return this.sound?.state === "over" ? this.sound.address : addressOf(this.props.value);
  }

  private offers(source: Source): boolean {
    return this.props.interactive && (this.props.sources ?? []).includes(source);
  }

  protected override render(): TemplateResult {
    const { stream } = this;
    return html`
      <div
        class="ms-frame ms-sound" data-state=${stream.state} ?data-target=${this.isTarget} ?data-bar=${this.offers("microphone")} role="group" aria-label=${this.name}
        @dragover=${this.onDrag} @dragleave=${this.onDragEnd} @drop=${this.onDrop}
      >
        <div class="ms-body">${this.body()}</div>
        ${this.overlay()}${this.chip()}${this.bar()}
        ${
          stream.limitS > 0 && stream.state === "running"
            ? html`<ms-time .limitS=${stream.limitS} .deadlineMs=${stream.deadlineMs}></ms-time>`
            : nothing
        }
        ${progress(this.run)}
      </div>
      ${this.notes(this.problem, null)}
    `;
  }

  private chip(): TemplateResult | typeof nothing {
    if (!this.props.label || !this.props.show_label) return nothing;
    return html`<span class="ms-chip">${this.props.label}</span>`;
  }

  private body(): TemplateResult {
    if (this.isRecording) return html`<ms-level></ms-level>`;
    if (this.sound && this.sound.state !== "over") {
      return html`<ms-live .state=${this.sound.state} @ms-toggle=${() => this.listen()}></ms-live>`;
    }
    if (this.sound?.problem) return html`<div class="ms-void"><p class="ms-problem">${this.sound.problem}</p></div>`;
    if (this.address) return this.player(this.address);
    if (!this.props.interactive) return html`<div class="ms-void">${icon("sound")}</div>`;
    return html`<div class="ms-void">
      ${this.offers("microphone") ? icon("microphone") : nothing}
      <p>${this.offers("microphone") ? "Press Record to speak" : "Drop a sound here"}</p>
      ${this.uploadButton()}
    </div>`;
  }

  private player(address: string): TemplateResult {
    const { loop } = this.props;
    // What has been heard once does not begin again by itself.
    const autoplay = this.props.autoplay && this.sound === null;
    return html`<ms-player
      .address=${address} .name=${this.name} .autoplay=${autoplay} .loop=${loop}
      @ms-play=${() => this.fire("play")} @ms-pause=${() => this.fire("pause")} @ms-stop=${() => this.fire("stop")}
    ></ms-player>`;
  }

  private overlay(): TemplateResult | typeof nothing {
    const { stream } = this;
    if (this.upload) return uploading(this.upload);
    if (stream.trouble) return troublePanel(stream.trouble, "microphone");
    if (stream.state === "waiting" || stream.state === "starting") return waiting(stream, "microphone");
    return this.run?.state === "failed" ? failure(this.run.message) : nothing;
  }

  private uploadButton(): TemplateResult | typeof nothing {
    if (!this.offers("upload")) return nothing;
    return html`
      <button class="ms-button ms-sm" type="button" @click=${this.choose}>${icon("upload")} Upload</button>
      <input type="file" accept="audio/*" aria-label="${this.name}: upload" tabindex="-1" hidden @change=${this.onChosen} />
    `;
  }

  private bar(): TemplateResult | typeof nothing {
    const tools = this.tools();
    if (!this.offers("microphone"))
      return tools.length > 0 ? html`<div class="ms-bar ms-slim">${tools}</div>` : nothing;
    return html`<div class="ms-bar">
      <div class="ms-side">
        <ms-devices .kind=${"microphone"} .component=${this.component} .current=${this.stream.device}></ms-devices>
      </div>
      ${recordButton(this.stream, () => this.toggle())}
      <div class="ms-side ms-end">${tools}</div>
    </div>`;
  }

  private tools(): TemplateResult[] {
    if (!this.address || this.isRecording || (this.sound && this.sound.state !== "over")) return [];
    const tools = [];
    if (this.props.interactive) tools.push(frameTool("close", "Clear", () => this.clear()));
    if (this.props.buttons?.includes("download")) tools.push(frameTool("download", "Download", () => this.download()));
    return tools;
  }

  private listen(): void {
    emit(this, LISTEN, { component: this.component, action: this.sound?.state === "playing" ? "pause" : "play" });
  }

  private toggle(): void {
    this.record(this.isRecording ? "stop" : "start");
  }

  private record(action: "start" | "stop"): void {
    emit(this, RECORD, { component: this.component, action });
  }

  private take(file: File | null): void {
    if (!file) return;
    this.problem = isOfKind(file, "audio") ? "" : `${file.name} is not a sound.`;
    if (!this.problem) emit(this, UPLOAD, { component: this.component, file });
  }

  private clear(): void {
    this.edit(null);
    this.fire("clear");
  }

  private choose(): void {
    this.querySelector<HTMLInputElement>("input[type=file]")?.click();
  }

  private onChosen(event: Event): void {
    const input = event.target as HTMLInputElement;
    this.take(input.files?.[0] ?? null);
    input.value = "";
  }

  private onDrag(event: DragEvent): void {
    if (!this.offers("upload") || this.isRecording) return;
    event.preventDefault();
    this.isTarget = true;
  }

  private onDragEnd(): void {
    this.isTarget = false;
  }

  private onDrop(event: DragEvent): void {
    if (!this.isTarget) return;
    event.preventDefault();
    this.isTarget = false;
    const file = fileIn(event.dataTransfer, "audio");
    if (file) this.take(file);
    else this.problem = "This is not a sound.";
  }

  private download(): void {
    const { value } = this.props;
    const name = typeof value === "object" && value !== null && "name" in value ? String(value.name) : "sound.wav";
    const { address } = this;
    if (address) follow(address.startsWith("file/") ? `${address}?download=1` : address, name);
  }
}
