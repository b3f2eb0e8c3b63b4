import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { playPreview } from "../elements/parts/camera_frame.ts";
import { customElement } from "../elements/parts/define.ts";
import { fullscreenTool } from "../elements/parts/fullscreen.ts";
import { icon } from "../elements/parts/icons.ts";
import { failure, frameTool, nothingYet } from "../elements/parts/media_frame.ts";
import { progress } from "../elements/parts/run.ts";
import { length, styled } from "../elements/parts/styled.ts";
import { IDLE, type StreamView, type UploadView } from "../states.ts";
import { Additions, type AdditionsHost, type GallerySource } from "./gallery/additions.ts";
import { saveAll, saveItem, thumbnail } from "./gallery/cell.ts";
import { type GalleryEntry, type GalleryItem, itemsOf, titleOf } from "./gallery/items.ts";
import { onPreviewKey, previewOf, Swipe } from "./gallery/preview.ts";
import "../styles/gallery.css";
import { t } from "../words.ts";

type Counts = number | readonly number[] | null;

interface GalleryProps extends LeafProps {
  value: readonly GalleryEntry[] | null;
  /** The number of columns; or one for each width of the page. */
  columns: Counts;
  rows: Counts;
  height: number | string | null;
  object_fit: string | null;
  allow_preview: boolean;
  preview: boolean | null;
  selected_index: number | null;
  fit_columns: boolean;
  accept: readonly string[];
  sources: readonly GallerySource[];
  max_files: number;
  buttons: readonly string[];
}

/** The widths of the page from which on the next number of columns counts. */
const BREAKPOINTS = [576, 768, 992, 1200, 1400];
/** So near to its end a grid counts as scrolled to the end. */
const END_PX = 24;

/** Images and videos in a grid, and one of them in full. */
@customElement("ms-gallery")
export class Gallery extends Leaf<GalleryProps> implements AdditionsHost {
  @property({ attribute: false }) stream: StreamView = IDLE;
  @property({ attribute: false }) upload: UploadView | null = null;
  /** The key of the selected item; empty for none. */
  @state() private selected = "";
  /** True while the selected item is shown in full. */
  @state() private isOpen = false;
  private items: GalleryItem[] = [];
  private isAtEnd = true;
  private readonly swipe = new Swipe((step) => this.step(step));
  private readonly additions = new Additions(this);

  private get index(): number {
    return this.items.findIndex(({ key }) => key === this.selected);
  }

  /** The number of items. */
  get count(): number {
    return this.items.length;
  }

  /** Says why an upload has failed. */
  refuse(message: string): void {
    this.additions.say(message);
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (!changed.has("props")) return;
    const before = changed.get("props") as GalleryProps | undefined;
    const grid = this.querySelector(".ms-cells");
    if (grid) this.isAtEnd = grid.scrollTop + grid.clientHeight >= grid.scrollHeight - END_PX;
    if (before?.value !== this.props.value) this.receive();
    const { selected_index: index, preview: isFirst, allow_preview: allows } = this.props;
    const isNew = before?.selected_index !== index || before?.preview !== isFirst;
    if (!isNew || this.items.length === 0) return;
    const item = this.items[index ?? (isFirst ? 0 : -1)];
    this.selected = item?.key ?? "";
    this.isOpen = allows && item !== undefined;
  }

  /** A new value: what is selected stays so, unless it has gone. */
  private receive(): void {
    const at = this.index;
    this.items = itemsOf(this.props.value);
    if (!this.selected || this.index >= 0) return;
    this.selected = this.isOpen ? (this.items[Math.min(at, this.items.length - 1)]?.key ?? "") : "";
    this.isOpen &&= this.selected !== "";
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("stream") && this.stream.preview) playPreview(this);
    const grid = this.querySelector(".ms-cells");
    if (changed.has("props") && grid && this.isAtEnd && changed.get("props") && grid.scrollHeight > grid.clientHeight)
      grid.scrollTop = grid.scrollHeight;
    if (changed.has("isOpen") || changed.has("selected"))
      this.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  protected override render(): TemplateResult {
    const { items, isOpen, index, additions } = this;
    const item = isOpen ? items[index] : undefined;
    const failed = this.run?.state === "failed" && items.length === 0;
    return html`
      ${this.caption(this.tools())}
      <div
        class="ms-gallery" role="group" aria-label=${this.name} ?data-target=${this.additions.zone.isTarget} ?data-open=${item !== undefined} ?data-empty=${items.length === 0}
        ${styled({ "max-height": length(this.props.height), "--ms-fit": this.props.object_fit, "--ms-rows": this.at(this.props.rows), "--ms-columns": this.columns })}
        @dragover=${this.additions.zone.onDrag} @dragleave=${this.additions.zone.onDragEnd} @drop=${this.additions.zone.onDrop} @paste=${this.additions.onPaste}
      >
        ${item ? this.inFull(item) : nothing}
        <ul class="ms-cells" ?hidden=${item !== undefined || items.length === 0} @keydown=${this.onGridKey}>
          ${repeat(
            items,
            ({ key }) => key,
            (each, at) => html`<li>${this.cell(each, at)}</li>`,
          )}
        </ul>
        ${failed ? failure(this.run?.message ?? "") : items.length === 0 && !this.props.interactive ? nothingYet("image", null, "gallery", this) : nothing}
        ${additions.isRecording ? additions.camera() : item ? nothing : additions.door(this.name)}${additions.trouble()}
        ${progress(this.run)}
      </div>
      ${this.notes(additions.problem, failed ? null : this.run)}
    `;
  }

  /** The number of columns, or of rows, at this width of the page. */
  private at(counts: Counts): number | null {
    if (counts === null || typeof counts === "number") return counts;
    const wider = BREAKPOINTS.filter((width) => window.innerWidth >= width).length;
    return counts[Math.min(wider, counts.length - 1)] ?? null;
  }

  private get columns(): number | null {
    const most = this.at(this.props.columns);
    return most !== null && this.props.fit_columns ? Math.max(1, Math.min(most, this.items.length)) : most;
  }

  private cell(item: GalleryItem, at: number): TemplateResult {
    const { items, props } = this;
    const title = titleOf(item, at, items.length);
    const isSelected = item.key === this.selected;
    const isStop = isSelected || (this.index < 0 && at === 0);
    return html`
      <button
        class="ms-cell" type="button" aria-label=${title} aria-pressed=${props.allow_preview ? nothing : isSelected}
        tabindex=${isStop ? 0 : -1} @click=${() => this.pick(at)}
      >
        ${thumbnail(item)}${item.caption ? html`<span class="ms-cell-caption">${item.caption}</span>` : nothing}
      </button>
      ${
        props.interactive
          ? html`<button class="ms-tool ms-small" type="button" title=${t("Remove {name}", { name: title })} @click=${() => this.takeOut(at)}>
            ${icon("close")}<span class="ms-sr">${t("Remove {name}", { name: title })}</span>
          </button>`
          : nothing
      }
    `;
  }

  private inFull(item: GalleryItem): TemplateResult {
    const { items, index, props } = this;
    return previewOf(items, index, {
      canSave: props.buttons.includes("download"),
      fill: props.buttons.includes("fullscreen") ? fullscreenTool(() => this.querySelector(".ms-gallery")) : [],
      swipe: this.swipe,
      go: (to) => this.pick(to),
      close: () => this.close(),
      save: () => saveItem(item, index),
      key: (event) =>
        onPreviewKey(
          event,
          items.length,
          index,
          (to) => this.pick(to),
          () => this.close(),
        ),
    });
  }

  private tools(): TemplateResult | typeof nothing {
    const { items, props } = this;
    const own = items.filter(({ file }) => file);
    if (own.length < 2 || !props.buttons.includes("download_all")) return nothing;
    return frameTool("download", t("Download all"), () => void saveAll(own, this.name));
  }

  // ---- what the user does ------------------------------------------------------------------------------------------

  private pick(at: number): void {
    const item = this.items[at];
    if (!item) return;
    const wasOpen = this.isOpen;
    this.selected = item.key;
    this.isOpen = this.props.allow_preview;
    this.fire("select", { index: at });
    if (this.isOpen && !wasOpen) {
      this.fire("preview_open", { index: at });
      void this.updateComplete.then(() => this.querySelector<HTMLElement>(".ms-full")?.focus({ preventScroll: true }));
    }
  }

  private step(by: number): void {
    this.pick(Math.max(0, Math.min(this.items.length - 1, this.index + by)));
  }

  private close(): void {
    this.isOpen = false;
    this.fire("preview_close", { index: this.index });
    if (document.fullscreenElement === this.querySelector(".ms-gallery")) void document.exitFullscreen();
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(".ms-cell[tabindex='0']")?.focus());
  }

  private takeOut(at: number): void {
    const left = this.items.filter((_, each) => each !== at).map(({ entry }) => entry);
    this.edit(left);
    this.fire("delete", { index: at });
    if (left.length === 0) this.fire("clear");
  }

  /** Arrows go from cell to cell; Delete takes one away. */
  private readonly onGridKey = (event: KeyboardEvent): void => {
    const cells = [...this.querySelectorAll<HTMLElement>(".ms-cell")];
    const at = cells.indexOf(event.target as HTMLElement);
    if (at < 0) return;
    const perRow = cells.filter(({ offsetTop }) => offsetTop === cells[0]?.offsetTop).length || 1;
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -perRow, ArrowDown: perRow };
    const to = { Home: 0, End: cells.length - 1 }[event.key] ?? at + (steps[event.key] ?? 0);
    if (event.key === "Delete" && this.props.interactive) this.takeOut(at);
    else if (to === at || !cells[to]) return;
    event.preventDefault();
    cells[to]?.focus();
  };
}
