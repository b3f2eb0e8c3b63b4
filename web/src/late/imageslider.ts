import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { emit, UPLOAD } from "../constants.ts";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { customElement } from "../elements/parts/define.ts";
import { DropZone } from "../elements/parts/dropzone.ts";
import { download, mayBeOfKind } from "../elements/parts/files.ts";
import { fullscreenTool } from "../elements/parts/fullscreen.ts";
import { icon } from "../elements/parts/icons.ts";
import { chip, failure, frameTool, nothingYet, uploading } from "../elements/parts/media_frame.ts";
import { progress } from "../elements/parts/run.ts";
import { length, styled } from "../elements/parts/styled.ts";
import { addressOf, type FileValue, type LinkValue } from "../manifest.ts";
import type { UploadView } from "../states.ts";
import { type Pair, PairLoader } from "./imageslider/pair.ts";
import "../styles/imageslider.css";
import { t } from "../words.ts";

type Source = FileValue | LinkValue | null;

interface ImageSliderProps extends LeafProps {
  value: readonly Source[] | null;
  /** In percent of the width. */
  slider_position: number;
  height: number | string | null;
  width: number | string | null;
  max_height: number | string;
  buttons: readonly string[];
}

const SIDES = ["first", "second"] as const;
const STEP = 1;
const STRIDE = 10;

/** Two images on top of each other, and a line between them. */
@customElement("ms-imageslider")
export class ImageSlider extends Leaf<ImageSliderProps> {
  @property({ attribute: false }) upload: UploadView | null = null;
  @state() private pair: Pair = [null, null];
  @state() private position = 50;
  @state() private trouble = "";
  @state() private problem = "";
  private readonly loader = new PairLoader((pair, problem) => {
    this.pair = pair;
    this.trouble = problem;
  });
  private readonly zone = new DropZone(
    this,
    () => this.props.interactive && this.gap >= 0,
    (files) => this.take(files),
  );

  private get sources(): [Source, Source] {
    const [before = null, after = null] = this.props.value ?? [];
    return [before, after];
  }

  /** The side that the next upload goes to; -1 if both are there. */
  private get gap(): number {
    return this.sources.indexOf(null);
  }

  /** Says why an upload has failed. */
  refuse(message: string): void {
    this.problem = message;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (!changed.has("props")) return;
    const before = changed.get("props") as ImageSliderProps | undefined;
    if (before?.slider_position !== this.props.slider_position) this.position = this.props.slider_position;
    if (before?.value === this.props.value) return;
    const [first, second] = this.sources;
    void this.loader.load([addressOf(first), addressOf(second)]);
  }

  protected override render(): TemplateResult {
    const { props, pair } = this;
    const shape = pair[0] ?? pair[1];
    const height = length(props.height);
    const ratio = shape && shape.naturalHeight > 0 ? shape.naturalWidth / shape.naturalHeight : null;
    const sizes = { "--ms-tall": height ?? length(props.max_height), "--ms-shape": ratio, width: length(props.width) };
    return html`
      <div
        class="ms-frame ms-comparing" role="group" aria-label=${this.name} ?data-shown=${shape !== null} ?data-target=${this.zone.isTarget}
        ${styled({ ...sizes, height })} @dragover=${this.zone.onDrag} @dragleave=${this.zone.onDragEnd} @drop=${this.zone.onDrop} @paste=${this.onPaste}
      >
        ${shape ? this.comparison(pair) : nothing}${this.overlay(shape !== null)}${chip(props)}${this.bar(shape !== null)}${progress(this.run)}
      </div>
      ${this.notes(this.problem, null)}
    `;
  }

  private comparison([before, after]: Pair): TemplateResult {
    for (const [at, image] of [before, after].entries())
      if (image)
        image.alt = t("{name}: {part}", { name: this.name, part: at ? t("the second image") : t("the first image") });
    const isWhole = !before || !after;
    return html`<div
      class="ms-compare" ${styled({ "--ms-at": isWhole ? (before ? "100%" : "0%") : `${this.position}%` })}
      @pointerdown=${this.onDown} @pointermove=${this.onMove}
    >
      <div class="ms-compare-after">${after}</div>
      <div class="ms-compare-before">${before}</div>
      ${isWhole ? nothing : this.line()}
    </div>`;
  }

  private line(): TemplateResult {
    const percent = Math.round(this.position);
    return html`<div
      class="ms-compare-line" role="slider" tabindex="0" aria-label=${t("{name}: how much is seen of the first image", { name: this.name })}
      aria-valuemin="0" aria-valuemax="100" aria-valuenow=${percent} aria-valuetext="${percent} %" @keydown=${this.onKey}
    ><i></i></div>`;
  }

  private overlay(isShown: boolean): TemplateResult | typeof nothing {
    if (this.upload) return uploading(this.upload);
    if (this.run?.state === "failed") return failure(this.run.message);
    if (this.trouble) return failure(this.trouble);
    if (!this.props.interactive) return isShown ? nothing : nothingYet("image", null, "comparison", this);
    return this.gap < 0 ? nothing : this.door(isShown);
  }

  private door(isShown: boolean): TemplateResult {
    return html`<div class="ms-void ${isShown ? "ms-beside" : ""}" data-side=${SIDES[this.gap] ?? nothing}>
      <p>${this.gap ? t("Drop the second image here") : t("Drop the first image here")}</p>
      <div class="ms-ways">
        <button class="ms-button ms-sm" type="button" @click=${this.choose}>${icon("upload")} ${t("Upload")}</button>
        <input type="file" accept="image/*" multiple hidden tabindex="-1" aria-label=${t("{name}: upload", { name: this.name })} @change=${this.onChosen} />
      </div>
    </div>`;
  }

  private bar(isShown: boolean): TemplateResult | typeof nothing {
    const { buttons, interactive } = this.props;
    if (!isShown) return nothing;
    const tools: TemplateResult[] = [];
    if (interactive)
      for (const at of [0, 1])
        if (this.sources[at])
          tools.push(
            frameTool("close", at ? t("Remove the second image") : t("Remove the first image"), () => this.takeOut(at)),
          );
    if (buttons.includes("download")) tools.push(frameTool("download", t("Download"), () => this.download()));
    if (buttons.includes("fullscreen")) tools.push(...fullscreenTool(() => this.querySelector(".ms-frame")));
    return tools.length > 0 ? html`<div class="ms-bar ms-slim">${tools}</div>` : nothing;
  }

  // ---- the line ----------------------------------------------------------------------------------------------------

  private readonly onDown = (event: PointerEvent): void => {
    if (event.button !== 0 || this.gap >= 0) return;
    const box = event.currentTarget as HTMLElement;
    box.setPointerCapture(event.pointerId);
    this.querySelector<HTMLElement>(".ms-compare-line")?.focus({ preventScroll: true });
    this.follow(event, box);
    event.preventDefault();
    box.addEventListener("lostpointercapture", () => this.settle(), { once: true });
  };

  private readonly onMove = (event: PointerEvent): void => {
    const box = event.currentTarget as HTMLElement;
    if (box.hasPointerCapture(event.pointerId)) this.follow(event, box);
  };

  private follow({ clientX }: PointerEvent, box: HTMLElement): void {
    const { left, width } = box.getBoundingClientRect();
    this.moveTo(((clientX - left) / width) * 100);
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const { position } = this;
    const step = event.shiftKey ? STRIDE : STEP;
    const to = {
      ...{ ArrowLeft: position - step, ArrowDown: position - step, PageDown: position - STRIDE, Home: 0 },
      ...{ ArrowRight: position + step, ArrowUp: position + step, PageUp: position + STRIDE, End: 100 },
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.moveTo(to);
    this.settle();
  };

  private moveTo(position: number): void {
    this.position = Math.max(0, Math.min(100, position));
  }

  /** The line has come to rest. */
  private settle(): void {
    const position = Math.round(this.position * 10) / 10;
    this.fire("select", { index: Math.round(position), value: position });
  }

  // ---- the images --------------------------------------------------------------------------------------------------

  private take(files: readonly File[]): void {
    const wrong = files.find((file) => !mayBeOfKind(file, "image"));
    this.problem = wrong ? t("{name} is not an image.", { name: wrong.name }) : "";
    const room = this.sources.filter((source) => source === null).length;
    const [file, ...more] = files.filter((each) => each !== wrong && mayBeOfKind(each, "image")).slice(0, room);
    if (file) emit(this, UPLOAD, { component: this.component, file, more });
  }

  private readonly choose = (): void => this.querySelector<HTMLInputElement>("input[type=file]")?.click();

  private readonly onChosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    this.take([...(input.files ?? [])]);
    input.value = "";
  };

  private readonly onPaste = (event: ClipboardEvent): void => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (this.props.interactive && this.gap >= 0 && files.length > 0) this.take(files);
  };

  private takeOut(at: number): void {
    const left = this.sources.map((source, each) => (each === at ? null : source));
    if (left.some((source) => source !== null)) this.edit(left);
    else this.discard();
  }

  private download(): void {
    const source = this.sources[1] ?? this.sources[0];
    const address = addressOf(source);
    if (address) download(address, source, "image");
  }
}
