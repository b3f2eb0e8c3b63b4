import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { decodeAudio } from "../../media/audio_file.ts";
import { t } from "../../words.ts";
import { customElement } from "./define.ts";
import { icon } from "./icons.ts";
import { clock } from "./sentences.ts";
import { styled } from "./styled.ts";
import { barsPath, peaks } from "./waveform.ts";

const BARS = 128;
const WIDTH = 512;
const HEIGHT = 56;
/** Larger files are played without a waveform: decoding one takes ten times its size in memory. */
const DECODED_BYTES = 30_000_000;
/** Enough for a waveform. */
const SHOWN_RATE_HZ = 22_050;

/** Plays audio: its waveform, which seeks by pointer and keyboard, a button and a clock. */
@customElement("ms-player")
export class Player extends LitElement {
  /** Address of the audio; empty for none. */
  @property({ attribute: false }) address = "";
  @property({ attribute: false }) name = "";
  @property({ attribute: false }) autoplay = false;
  @property({ attribute: false }) loop = false;
  /** The step of an arrow key, in seconds; null for one that fits the length. */
  @property({ attribute: false }) skipS: number | null = null;
  /** Where it starts, in seconds: a new list each time that the app says so, even if it is the same place. */
  @property({ attribute: false }) position?: readonly number[] | undefined;
  @state() private isPlaying = false;
  @state() private durationS = 0;
  @state() private problem = "";
  private loading: AbortController | null = null;
  private frame = 0;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.loading?.abort();
    cancelAnimationFrame(this.frame);
  }

  private get audio(): HTMLAudioElement | null {
    return this.querySelector("audio");
  }

  protected override render(): TemplateResult {
    return html`
      <div
        class="ms-seek" role="slider" tabindex="0" aria-label=${t("{name}: position", { name: this.name })} aria-valuemin="0"
        aria-valuemax=${Math.ceil(this.durationS)} aria-valuenow="0" @pointerdown=${this.onPoint} @keydown=${this.onKey}
      >
        <svg class="ms-wave" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><path /></svg>
        <svg class="ms-wave ms-played" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><path /></svg>
      </div>
      <div class="ms-play">
        <button class="ms-tool" type="button" title=${this.isPlaying ? t("Pause") : t("Play")} @click=${this.toggle}>
          ${icon(this.isPlaying ? "pause" : "play")}<span class="ms-sr">${this.isPlaying ? t("Pause") : t("Play")}</span>
        </button>
        <span class="ms-clock"><span class="ms-now">0:00</span> / ${clock(this.durationS)}</span>
        ${this.problem ? html`<span class="ms-problem">${this.problem}</span>` : nothing}
      </div>
      <audio
        src=${this.address || nothing} preload="metadata" ?autoplay=${this.autoplay} ?loop=${this.loop} ${styled({ display: "none" })}
        @play=${this.onPlay} @pause=${this.onPause} @ended=${this.onEnded} @timeupdate=${this.paint} @seeked=${this.paint}
        @loadedmetadata=${this.onLoaded} @durationchange=${this.onLoaded} @error=${this.onError}
      ></audio>
    `;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("address")) void this.load(Boolean(changed.get("address")));
    const start = this.position?.[0];
    if (start !== undefined && this.audio && (changed.has("position") || changed.has("address")))
      this.audio.currentTime = start;
  }

  /** The previous waveform stays until the audio is decoded, so that growing audio does not flicker. */
  private async load(isNext: boolean): Promise<void> {
    this.loading?.abort();
    this.problem = "";
    const silence = new Float32Array(BARS);
    if (!isNext || !this.address) this.draw(silence);
    this.paint();
    if (!this.address) return;
    const loading = new AbortController();
    this.loading = loading;
    const samples = await decoded(this.address, loading.signal);
    if (!loading.signal.aborted) this.draw(samples ? peaks(samples, BARS) : silence);
  }

  private draw(values: Float32Array): void {
    const path = barsPath(values, WIDTH, HEIGHT);
    for (const each of this.querySelectorAll("path")) if (each.closest(".ms-seek")) each.setAttribute("d", path);
  }

  /** Moves the clock and the played part to the audio's position, without a render. */
  private paint(): void {
    const now = this.audio?.currentTime ?? 0;
    const seek = this.querySelector<HTMLElement>(".ms-seek");
    seek?.style.setProperty("--ms-part", String(this.durationS > 0 ? now / this.durationS : 0));
    seek?.setAttribute("aria-valuenow", String(Math.floor(now)));
    seek?.setAttribute(
      "aria-valuetext",
      t("{position} of {length}", { position: clock(now), length: clock(this.durationS) }),
    );
    const text = this.querySelector(".ms-now");
    if (text && text.textContent !== clock(now)) text.textContent = clock(now);
  }

  private follow(): void {
    this.paint();
    if (this.isPlaying) this.frame = requestAnimationFrame(() => this.follow());
  }

  private toggle(): void {
    if (!this.audio) return;
    if (this.audio.paused) void this.audio.play().catch(() => undefined);
    else this.audio.pause();
  }

  private seek(toS: number): void {
    if (this.audio && this.durationS > 0) this.audio.currentTime = Math.min(this.durationS, Math.max(0, toS));
  }

  private onPoint(event: PointerEvent): void {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    this.seek(((event.clientX - box.left) / box.width) * this.durationS);
  }

  private onKey(event: KeyboardEvent): void {
    const now = this.audio?.currentTime ?? 0;
    const step = this.skipS ?? (this.durationS > 30 ? 5 : 1);
    const targets: { [key: string]: number } = {
      ArrowRight: now + step,
      ArrowUp: now + step,
      ArrowLeft: now - step,
      ArrowDown: now - step,
      Home: 0,
      End: this.durationS,
    };
    const to = targets[event.key];
    if (to !== undefined) this.seek(to);
    else if (event.key === " ") this.toggle();
    else return;
    event.preventDefault();
  }

  private onPlay(): void {
    this.isPlaying = true;
    this.follow();
    this.dispatchEvent(new Event("ms-play"));
  }

  private onPause(): void {
    this.isPlaying = false;
    if (!this.audio?.ended) this.dispatchEvent(new Event("ms-pause"));
  }

  private onEnded(): void {
    this.dispatchEvent(new Event("ms-stop"));
  }

  private onLoaded(): void {
    const duration = this.audio?.duration ?? 0;
    this.durationS = Number.isFinite(duration) ? duration : 0;
    this.paint();
  }

  private onError(): void {
    if (this.address) this.problem = t("This audio cannot be played.");
  }
}

/** The first channel of the audio at `address`; null if it is unavailable (another host, its format, its size). */
async function decoded(address: string, signal: AbortSignal): Promise<Float32Array | null> {
  const response = await fetch(address, { signal }).catch(() => null);
  if (!response?.ok || Number(response.headers.get("content-length") ?? 0) > DECODED_BYTES) return null;
  const bytes = await response.arrayBuffer().catch(() => null);
  if (!bytes) return null;
  return (await decodeAudio(bytes, SHOWN_RATE_HZ))?.planes[0] ?? null;
}
