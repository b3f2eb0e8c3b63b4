import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { customElement } from "../elements/parts/define.ts";
import { save } from "../elements/parts/files.ts";
import { fullscreenTool } from "../elements/parts/fullscreen.ts";
import { icon } from "../elements/parts/icons.ts";
import { frameTool } from "../elements/parts/media_frame.ts";
import { progress } from "../elements/parts/run.ts";
import { length, styled } from "../elements/parts/styled.ts";
import { legend, tip } from "./nativeplot/beside.ts";
import type { Chart, Hit } from "./nativeplot/chart.ts";
import type { PlotOptions } from "./nativeplot/points.ts";
import type { ChartView } from "./nativeplot/words.ts";
import "../styles/nativeplot.css";
import { t } from "../words.ts";

interface NativePlotProps extends LeafProps, Omit<PlotOptions, "value"> {
  /** Null until a session has sent it. */
  value: PlotOptions["value"] | null;
  title: string | null;
  caption: string | null;
  height: number | string | null;
  buttons: readonly string[];
}

const EMPTY: ChartView = { legend: [], range: null, note: "", problem: "", summary: "", isEmpty: true };
/** A pointer that moves less than this has clicked, and selects nothing. */
const CLICK_PX = 5;
/** A key moves the end of a selection so far. */
const STEP_PX = 12;

/** A plot of points, drawn in the colours of the page. */
@customElement("ms-nativeplot")
export class NativePlot extends Leaf<NativePlotProps> {
  @state() private view = EMPTY;
  @state() private hit: Hit | null = null;
  /** The ends of the selection, in pixels of the canvas. */
  @state() private selection: [from: number, to: number] | null = null;
  /** True if the point was reached by the keyboard, so that it is read out. */
  @state() private isByKey = false;
  private chart: Chart | null = null;
  private isOpening = false;

  protected override render(): TemplateResult {
    const { props, view } = this;
    const about = this.props.title || (this.captioned ? props.label : null) || view.summary;
    return html`
      ${this.captioned ? html`<div class="ms-caption" id=${this.control}>${props.label}</div>` : nothing}
      <figure class="ms-plot" aria-label=${[about, view.summary].filter(Boolean).join(": ") || this.name}>
        ${props.title ? html`<div class="ms-plot-title">${props.title}</div>` : nothing}
        <div
          class="ms-plot-field" role="application" tabindex="0" aria-label=${view.summary || this.name} ${styled({ height: length(props.height) })}
          ?data-selects=${this.listens.has("select")} @pointerdown=${this.onDown} @pointermove=${this.onMove} @pointerup=${this.onUp}
          @pointerleave=${this.onLeave} @pointercancel=${this.onLeave} @dblclick=${this.onDouble} @keydown=${this.onKey} @blur=${this.onBlur}
        >${this.over()}${view.isEmpty ? this.empty() : nothing}</div>
        ${legend(view, props.color_title || props.color)}
        ${view.note ? html`<p class="ms-plot-note">${view.note}</p>` : nothing}
        ${props.caption ? html`<figcaption class="ms-plot-caption">${props.caption}</figcaption>` : nothing}
        ${this.tools()}
      </figure>
      <p class="ms-sr" aria-live="polite">${this.isByKey && this.hit ? this.hit.lines.map((line) => line.join(" ")).join(", ") : ""}</p>
      ${progress(this.run)}${this.notes(view.problem)}
    `;
  }

  private empty(): TemplateResult {
    return html`<div class="ms-void">${icon("chart")}</div>`;
  }

  /** All that lies over the canvas: the selection, the point that is pointed at, and its tooltip. */
  private over(): TemplateResult {
    const { hit, selection, chart } = this;
    const area = chart?.area;
    const [from, to] = selection ?? [0, 0];
    const region = {
      left: `${Math.min(from, to)}px`,
      width: `${Math.abs(to - from)}px`,
      top: `${area?.top ?? 0}px`,
      height: `${area?.height ?? 0}px`,
    };
    return html`
      ${selection ? html`<div class="ms-plot-region" ${styled(region)}></div>` : nothing}
      ${hit && this.props.tooltip !== "none" ? tip(hit, this.field?.clientWidth ?? 0) : nothing}
    `;
  }

  private tools(): TemplateResult | typeof nothing {
    const { buttons } = this.props;
    if (this.view.isEmpty) return nothing;
    const tools = [];
    if (buttons.includes("export")) tools.push(frameTool("download", t("Download as PNG"), () => void this.export()));
    if (buttons.includes("fullscreen")) tools.push(...fullscreenTool(() => this.querySelector(".ms-plot")));
    return tools.length > 0 ? html`<div class="ms-plot-tools">${tools}</div>` : nothing;
  }

  private get hasPoints(): boolean {
    return (this.props.value?.length ?? 0) > 0;
  }

  private get field(): HTMLElement | null {
    return this.querySelector(".ms-plot-field");
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has("props")) return;
    if (this.chart) this.chart.update({ ...this.props, value: this.props.value ?? [] });
    else if (this.hasPoints) void this.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.chart?.close();
    this.chart = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) void this.open();
  }

  /** Fetches what draws, once there is something to be drawn. */
  private async open(): Promise<void> {
    if (this.isOpening || !this.hasPoints) return;
    this.isOpening = true;
    try {
      const { Chart } = await import("./nativeplot/chart.ts");
      const { field } = this;
      if (!field || !this.isConnected) return;
      this.chart = new Chart(field, (view) => {
        this.view = view;
        this.hit = null;
      });
      this.chart.update({ ...this.props, value: this.props.value ?? [] });
    } catch {
      this.view = { ...EMPTY, problem: t("The script that draws plots could not be loaded. Reload the page.") };
    } finally {
      this.isOpening = false;
    }
  }

  // ---- pointer and keyboard -----------------------------------------------------------------------------------------

  private placeOf(event: PointerEvent): [left: number, top: number] {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  private onDown(event: PointerEvent): void {
    if (!this.listens.has("select") || event.button !== 0) return;
    const [left] = this.placeOf(event);
    this.selection = [left, left];
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
  }

  private onMove(event: PointerEvent): void {
    const [left, top] = this.placeOf(event);
    this.isByKey = false;
    if (this.selection && event.buttons > 0) this.selection = [this.selection[0], left];
    else this.hit = this.chart?.hit(left, top) ?? null;
  }

  private onUp(event: PointerEvent): void {
    const { selection } = this;
    if (selection && Math.abs(selection[1] - selection[0]) > CLICK_PX) this.select();
    else if (event.pointerType !== "mouse") this.onMove(event);
    this.selection = null;
  }

  private onLeave(): void {
    this.hit = null;
    this.selection = null;
  }

  private onBlur(): void {
    if (this.isByKey) this.onLeave();
  }

  private onDouble(): void {
    this.fire("double_click");
  }

  /** Arrows go from point to point; with Shift they select, Enter says it, and Escape is a double click. */
  private onKey(event: KeyboardEvent): void {
    const arrows: { [key: string]: [forward: number, across: number] } = {
      ArrowRight: [1, 0],
      ArrowLeft: [-1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const arrow = arrows[event.key];
    if (arrow && event.shiftKey && this.listens.has("select")) this.widen(arrow[0]);
    else if (arrow) {
      this.isByKey = true;
      this.hit = this.chart?.step(this.hit, ...arrow) ?? null;
    } else if (event.key === "Enter" && this.selection) {
      this.select();
      this.selection = null;
    } else if (event.key === "Escape") {
      if (!this.selection) this.onDouble();
      this.selection = null;
    } else return;
    event.preventDefault();
  }

  private widen(forward: number): void {
    const start = this.hit?.left ?? this.chart?.area?.left ?? 0;
    const [from, to] = this.selection ?? [start, start];
    this.selection = [from, to + forward * STEP_PX];
  }

  private select(): void {
    const stretch = this.selection && this.chart?.stretch(...this.selection);
    if (stretch) this.fire("select", { index: stretch, value: null, selected: true });
  }

  // ---- buttons ------------------------------------------------------------------------------------------------------

  private async export(): Promise<void> {
    const { chart } = this;
    if (!chart) return;
    const { exported } = await import("./nativeplot/exported.ts");
    const name = this.props.title || this.props.label || "plot";
    save(
      await exported(chart, this.props.title ?? "", this.view.legend),
      `${name.replace(/[^\p{L}\p{N} _-]/gu, "")}.png`,
    );
  }
}
