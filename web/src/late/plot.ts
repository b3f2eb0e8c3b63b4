import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { still } from "../capture/still_image.ts";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { customElement } from "../elements/parts/define.ts";
import { save } from "../elements/parts/files.ts";
import { fullscreenTool } from "../elements/parts/fullscreen.ts";
import { icon } from "../elements/parts/icons.ts";
import { failure, frameTool } from "../elements/parts/media_frame.ts";
import { progress } from "../elements/parts/run.ts";
import { Stage } from "../elements/parts/stage.ts";
import { styled } from "../elements/parts/styled.ts";
import type { OutputElement, OutputSurface } from "../states.ts";
import { type FigureDrawer, type FigureValue, isFigure, type OpenDrawer } from "./plot/figure.ts";
import { type Paper, paperOf } from "./plot/paper.ts";
import "../styles/plot.css";
import { t } from "../words.ts";

interface PlotProps extends LeafProps {
  value: FigureValue | { file: string } | null;
  caption: string | null;
  buttons: readonly string[];
  /** Pixels of an image of matplotlib for each pixel that it should take. */
  scale: number;
}

const DRAWERS: { [kind in FigureValue["kind"]]: () => Promise<{ open: OpenDrawer }> } = {
  matplotlib: () => import("./plot/svg.ts"),
  plotly: () => import("./plot/plotly.ts"),
  altair: () => import("./plot/vega.ts"),
  bokeh: () => import("./plot/bokeh.ts"),
};

/** A figure of a plotting library: images come as those of other components, other figures are drawn by their library. */
@customElement("ms-plot")
export class Plot extends Leaf<PlotProps> implements OutputSurface {
  @state() private problem = "";
  @state() private shows: "nothing" | "image" | "figure" = "nothing";
  @state() private imageWidth: number | null = null;
  @state() private paper: Paper | null = null;
  private readonly stage = new Stage(() => this.words);
  private drawer: FigureDrawer | null = null;
  private kind: FigureValue["kind"] | null = null;
  /** The newest figure, until it is drawn: those in between that were overtaken are never begun. */
  private waiting: FigureValue | null = null;
  private isDrawing = false;
  private endings: (() => void)[] = [];

  place(output: OutputElement | null): void {
    this.stage.place(output);
    if (output) this.shows = "image";
    else if (this.shows === "image") this.shows = isFigure(this.props.value) ? "figure" : "nothing";
    this.imageWidth = output ? widthOf(output, this.props.scale) : null;
    if (output instanceof HTMLImageElement) this.paper = paperOf(output);
    if (output instanceof HTMLVideoElement) output.onresize = () => this.measure(output);
  }

  describe(words: string): void {
    this.stage.describe(words);
  }

  private measure(output: OutputElement): void {
    if (this.stage.image === output) this.imageWidth = widthOf(output, this.props.scale);
  }

  private get words(): string {
    return this.props.caption ? `${this.name}: ${this.props.caption}` : this.name;
  }

  protected override render(): TemplateResult {
    const { props, shows } = this;
    const failed = this.run?.state === "failed" ? failure(this.run.message) : nothing;
    const paper = shows === "image" ? this.paper : null;
    const width = this.imageWidth === null ? null : `${this.imageWidth}px`;
    return html`
      ${this.captioned ? html`<div class="ms-caption" id=${this.control}>${props.label}</div>` : nothing}
      <figure class="ms-figure" aria-label=${this.words} data-paper=${paper?.scheme ?? nothing} ${styled({ "--ms-paper": paper?.color ?? null })}>
        <div class="ms-figure-image" ?hidden=${shows !== "image"} ${styled({ "max-width": width })}>${this.stage.element}</div>
        <div class="ms-figure-place" role="img" aria-label=${this.words} ?hidden=${shows !== "figure"}></div>
        ${shows === "nothing" && failed === nothing ? html`<div class="ms-figure-empty">${icon("chart")}</div>` : nothing}
        ${failed === nothing ? nothing : html`<div class="ms-figure-failed">${failed}</div>`}
        ${props.caption ? html`<figcaption class="ms-figure-caption">${props.caption}</figcaption>` : nothing}
        ${this.tools()}
      </figure>
      ${progress(this.run)}${this.notes(this.problem, null)}
    `;
  }

  private tools(): TemplateResult | typeof nothing {
    const { buttons } = this.props;
    const { shows } = this;
    if (shows === "nothing") return nothing;
    const tools = [];
    if (buttons.includes("download") && (shows === "image" || this.kind !== "bokeh"))
      tools.push(frameTool("download", t("Download"), () => void this.download()));
    if (buttons.includes("fullscreen")) tools.push(...fullscreenTool(() => this.querySelector(".ms-figure")));
    return tools.length > 0 ? html`<div class="ms-figure-tools">${tools}</div>` : nothing;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const { value } = this.props;
    const before = changed.get("props") as PlotProps | undefined;
    if (!changed.has("props") || before?.value === value) return;
    if (isFigure(value)) this.waiting = value;
    else if (value === null) this.shows = "nothing";
  }

  protected override updated(): void {
    if (this.waiting && !this.isDrawing) void this.work();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const refresh = (): void => this.drawer?.refresh();
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const page = new MutationObserver(refresh);
    page.observe(document.documentElement, { attributes: true });
    scheme.addEventListener("change", refresh);
    let width = this.clientWidth;
    const size = new ResizeObserver(() => {
      if (width !== this.clientWidth && width !== 0) refresh();
      width = this.clientWidth;
    });
    size.observe(this);
    this.endings = [
      () => page.disconnect(),
      () => scheme.removeEventListener("change", refresh),
      () => size.disconnect(),
    ];
    if (this.hasUpdated && isFigure(this.props.value)) {
      this.waiting = this.props.value;
      this.requestUpdate();
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const end of this.endings) end();
    this.close();
  }

  private close(): void {
    this.drawer?.close();
    this.drawer = this.kind = null;
    this.querySelector(".ms-figure-place")?.replaceChildren();
  }

  /** Draws figures one after the other, always the newest. */
  private async work(): Promise<void> {
    this.isDrawing = true;
    for (let value = this.waiting; value && this.isConnected; value = this.waiting) {
      this.waiting = null;
      try {
        await this.draw(value);
        this.problem = "";
      } catch (error) {
        this.close();
        this.shows = "nothing";
        this.problem =
          error instanceof Error && error.message ? error.message : `The figure of ${value.kind} could not be drawn.`;
      }
    }
    this.isDrawing = false;
  }

  private async draw(value: FigureValue): Promise<void> {
    const place = this.querySelector<HTMLElement>(".ms-figure-place");
    if (!place) return;
    const text = typeof value.figure === "string" ? value.figure : await fetched(value.figure.file);
    if (this.shows !== "figure") {
      this.shows = "figure"; // a hidden place has no size to be drawn in
      await this.updateComplete;
    }
    if (this.kind !== value.kind) {
      const { open } = await DRAWERS[value.kind]();
      this.close();
      this.drawer = await open(place, value);
      this.kind = value.kind;
    }
    await this.drawer?.draw(text);
  }

  private async download(): Promise<void> {
    const { image } = this.stage;
    if (this.shows === "image") {
      if (image) save(await still(image, "plot.png", { type: "image/png" }), "plot.png");
      return;
    }
    const blob = await this.drawer?.image();
    if (blob) save(blob, blob.type === "image/svg+xml" ? "plot.svg" : "plot.png");
  }
}

async function fetched(handle: string): Promise<string> {
  const answer = await fetch(`file/${handle}`);
  if (!answer.ok) throw new Error(t("The figure could not be fetched. Reload the page."));
  return await answer.text();
}

function widthOf(output: OutputElement, scale: number): number | null {
  const width =
    output instanceof HTMLImageElement
      ? output.naturalWidth
      : output instanceof HTMLVideoElement
        ? output.videoWidth
        : output.width;
  return width > 0 ? Math.round(width / scale) : null;
}
