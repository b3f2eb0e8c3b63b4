import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { customElement } from "../elements/parts/define.ts";
import { progress } from "../elements/parts/run.ts";
import { length, styled } from "../elements/parts/styled.ts";
import { ColumnWidths } from "./dataframe/column_widths.ts";
import { fetchRows } from "./dataframe/fetch_rows.ts";
import { GridControls } from "./dataframe/grid_controls.ts";
import { cellId, type GridLook, headers, rows, tracks } from "./dataframe/grid_view.ts";
import { sortedBy } from "./dataframe/order.ts";
import { type CellPlace, CellSelection } from "./dataframe/selection.ts";
import { Sizes } from "./dataframe/sizes.ts";
import { NO_TABLE, type TableCell, type TableValue } from "./dataframe/table.ts";
import { TableBars } from "./dataframe/table_bars.ts";
import { TableEditing } from "./dataframe/table_editing.ts";
import { TableMenu } from "./dataframe/table_menu.ts";
import { TableModel } from "./dataframe/table_model.ts";
import "../styles/dataframe.css";
import { t } from "../words.ts";

type Limits = readonly [least: number | null, most: number | null];

export interface DataframeProps extends LeafProps {
  value: TableValue | null;
  rows: Limits;
  columns: Limits | null;
  datatype: string | readonly string[];
  max_height: number | string | null;
  wrap: boolean;
  widths: readonly string[];
  buttons: readonly string[];
  row_numbers: boolean;
  max_chars: number | null;
  search: "none" | "search" | "filter";
  pinned: number;
  static: readonly number[];
}

const ROW_PX = 35;
const TOUCHED_ROW_PX = 45;
/** Rows and columns that are drawn beside those in view. */
const MORE_ROWS = 6;
const MORE_COLUMNS = 2;
/** Rows that are appended at once and followed. */
const FOLLOWED = 200;
/** As long as the end is so near, a table that grows is followed. */
const END_PX = 8;
/** Most cells of a column, and most characters of a cell, that the server is told of a selection. */
const MOST_TOLD = 2_000;
const MOST_TEXT = 10_000;

/** A table: rows are drawn while they are in view, sorted and filtered in the page, and edited cell by cell. */
@customElement("ms-dataframe")
export class Dataframe extends Leaf<DataframeProps> {
  readonly model = new TableModel(fetchRows, () => this.requestUpdate());
  readonly selection = new CellSelection();
  readonly menu = new TableMenu(this, () => this.grid?.focus({ preventScroll: true }));
  readonly widths = new ColumnWidths();
  readonly editing = new TableEditing(this);
  readonly bars = new TableBars(this);
  private readonly heights = new Sizes(ROW_PX);
  private readonly controls = new GridControls(this);
  private readonly watcher = new ResizeObserver(() => this.requestUpdate());
  private isFollowed = false;
  private rowPx = ROW_PX;

  get grid(): HTMLElement | null {
    return this.querySelector<HTMLElement>(".ms-grid");
  }

  /** The number of rows that can be selected. */
  get shownRows(): number {
    return this.editing.isBlank ? 1 : this.model.count;
  }

  get heading(): string {
    return this.name;
  }

  // ---- the table in view -------------------------------------------------------------------------------------------

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const value = this.props.value ?? NO_TABLE;
    if (value === this.model.value) return;
    const grid = this.grid;
    const isAtEnd = grid !== null && grid.scrollTop + grid.clientHeight >= grid.scrollHeight - END_PX;
    const added = this.model.take(value);
    this.isFollowed = isAtEnd && added > 0 && added <= FOLLOWED && !this.model.isOrdered;
    this.selection.clamp(this.shownRows, this.model.width);
    if (added < 0) this.heights.reset(this.rowPx);
    const { editor } = this.editing;
    if (editor && editor.place.row >= this.shownRows) this.editing.editor = null;
  }

  protected override render(): TemplateResult {
    const look = this.look();
    const { props, model } = this;
    const isTall = this.isTall;
    return html`
      ${this.caption(this.bars.tools())}
      <div class="ms-table">
        ${this.bars.bar()}
        <div
          class="ms-grid" id=${this.control} role="grid" tabindex="0" aria-label=${this.name} aria-describedby=${this.described()}
          aria-rowcount=${this.shownRows + 1} aria-colcount=${model.width + (look.numbersPx ? 1 : 0)} aria-multiselectable="true"
          aria-readonly=${!props.interactive} aria-activedescendant=${this.activeId(look)} ?data-tall=${isTall} ?data-wrap=${props.wrap}
          ${styled({ "max-height": length(props.max_height), "--ms-row": `${this.rowPx}px`, "--ms-tracks": tracks(look) })}
          @scroll=${this.onScroll} @load=${{ handleEvent: () => this.requestUpdate(), capture: true }}
          @keydown=${this.controls.onKey} @paste=${this.controls.onPaste} @pointerdown=${this.controls.onPointer}
          @dblclick=${this.controls.onDouble} @click=${this.controls.onClick} @contextmenu=${this.controls.onContext}
        >
          <div class="ms-grid-space" role="presentation" ${styled({
            width: `${look.numbersPx + look.columns.total}px`,
            height: `${this.rowPx + this.bodyPx}px`,
          })}>
            <div role="rowgroup" class="ms-thead-group">${headers(look)}</div>
            <div class="ms-tbody" role="rowgroup" ${styled({ top: `${this.rowPx + this.topOf(look.rows[0])}px` })}>${rows(look)}</div>
          </div>
        </div>
        ${this.shownRows === 0 ? html`<p class="ms-no-rows">${model.rows.count > 0 ? t("No row matches.") : t("No rows yet.")}</p>` : nothing}
      </div>
      ${this.menu.view()}${progress(this.run)}${this.notes()}
    `;
  }

  /** True if rows have heights of their own. */
  private get isTall(): boolean {
    return this.props.wrap || (this.model.value.rendered?.length ?? 0) > 0 || this.model.value.kinds.includes("image");
  }

  private get bodyPx(): number {
    return this.isTall ? this.heights.total : this.shownRows * this.rowPx;
  }

  topOf(row: number): number {
    return this.isTall ? this.heights.start(row) : row * this.rowPx;
  }

  private look(): GridLook {
    const { props, model, grid } = this;
    this.rowPx = matchMedia("(pointer: coarse)").matches ? TOUCHED_ROW_PX : ROW_PX;
    if (this.heights.count === 0) this.heights.reset(this.rowPx);
    this.heights.resize(this.shownRows);
    const numbersPx = props.row_numbers ? 20 + 8 * Math.max(2, String(model.rows.count).length) : 0;
    const width = grid?.clientWidth || 800;
    this.widths.measure(model.value, model.rows.sample(), grid ? getComputedStyle(grid).font : "14px sans-serif");
    this.widths.fit(props.widths, width - numbersPx);
    const columns = this.widths.sizes;
    const pinned = width > 480 ? Math.min(props.pinned, columns.count) : 0;
    const height = grid?.clientHeight || 500;
    const top = Math.max(0, (grid?.scrollTop ?? 0) - this.rowPx);
    const shown = this.isTall
      ? this.heights.window(top, height, MORE_ROWS)
      : ([
          Math.max(0, Math.floor(top / this.rowPx) - MORE_ROWS),
          Math.ceil((top + height) / this.rowPx) + MORE_ROWS,
        ] as const);
    return {
      id: `${this.control}-cell`,
      ...{
        model,
        columns,
        pinned,
        numbersPx,
        selection: this.selection,
        editor: this.editing.editor,
        most: props.max_chars,
      },
      rows: [Math.min(shown[0], this.shownRows), Math.min(shown[1], this.shownRows)],
      window: columns.window(grid?.scrollLeft ?? 0, width, MORE_COLUMNS),
      isBlank: this.editing.isBlank,
      hasMenu: true,
      canEdit: (column) => this.editing.canEdit(column),
      toggle: (row, column) => this.editing.toggle({ row, column }),
    };
  }

  private activeId(look: GridLook): string | typeof nothing {
    const { active } = this.selection;
    if (!active) return nothing;
    const isDrawn = active.row < 0 || (active.row >= look.rows[0] && active.row < look.rows[1]);
    const [first, end] = look.window;
    const isIn = active.column < look.pinned || (active.column >= first && active.column < end);
    return isDrawn && isIn ? cellId(look, active.row, active.column) : nothing;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.updateComplete.then(() => this.grid && this.watcher.observe(this.grid));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.watcher.disconnect();
  }

  protected override updated(): void {
    const { grid } = this;
    if (!grid) return;
    if (this.isTall) this.measure(grid);
    if (this.isFollowed) grid.scrollTop = grid.scrollHeight;
    this.isFollowed = false;
    this.editing.editor?.focus(grid.querySelector(".ms-cell-field"));
  }

  /** Rows have the heights of what is in them; what moves above the view is made up for. */
  private measure(grid: HTMLElement): void {
    let moved = 0;
    let isOther = false;
    for (const row of grid.querySelectorAll<HTMLElement>(".ms-tbody > .ms-tr")) {
      const at = Number(row.dataset["row"]);
      const before = this.heights.size(at);
      const height = row.offsetHeight || before;
      if (Math.abs(height - before) < 1) continue;
      if (this.heights.start(at) < grid.scrollTop - this.rowPx) moved += height - before;
      this.heights.set(at, height);
      isOther = true;
    }
    if (moved !== 0) grid.scrollTop += moved;
    if (isOther) this.requestUpdate();
  }

  private readonly onScroll = (): void => this.requestUpdate();

  /** Scrolls so that a cell is in view. */
  reveal({ row, column }: CellPlace): void {
    const { grid } = this;
    if (!grid) return;
    const look = this.look();
    if (row >= 0) {
      const [top, bottom] = [this.topOf(row), this.topOf(row + 1)];
      if (top < grid.scrollTop) grid.scrollTop = top;
      else if (bottom + this.rowPx > grid.scrollTop + grid.clientHeight)
        grid.scrollTop = bottom + this.rowPx - grid.clientHeight;
    }
    if (column < look.pinned) return;
    const fixed = look.columns.start(look.pinned);
    const [left, right] = [look.columns.start(column), look.columns.start(column + 1) + look.numbersPx];
    if (left - fixed < grid.scrollLeft) grid.scrollLeft = left - fixed;
    else if (right > grid.scrollLeft + grid.clientWidth) grid.scrollLeft = right - grid.clientWidth;
  }

  // ---- selecting and ordering ---------------------------------------------------------------------------------------

  select(place: CellPlace, isExtended = false): void {
    this.selection.select(place, isExtended);
    this.reveal(place);
    this.requestUpdate();
    if (place.row >= 0 && !isExtended && this.listens.has("select") && !this.editing.isBlank) this.tellSelection(place);
  }

  private tellSelection({ row, column }: CellPlace): void {
    const { model } = this;
    const told = (cell: TableCell | undefined): TableCell =>
      typeof cell === "string" ? cell.slice(0, MOST_TEXT) : (cell ?? null);
    const cells = model.row(row)?.slice(0, model.width) ?? [];
    const isShort = model.rows.isComplete && model.rows.count <= MOST_TOLD;
    this.fire("select", {
      index: [model.indexOf(row), column],
      value: told(cells[column]),
      row_value: cells.slice(0, MOST_TEXT).map(told),
      col_value: isShort ? model.rows.loaded.map((each) => told(each[column])) : null,
      selected: true,
    });
  }

  keep(value: TableValue): void {
    this.props = { ...this.props, value };
  }

  tell(event: string, data?: unknown): void {
    this.fire(event, data);
  }

  say(note: string): void {
    this.bars.say(note);
  }

  forgetHeights(): void {
    this.heights.reset(this.rowPx);
  }

  /** Orders by a column: rising, falling, and then as before. */
  sort(column: number, isFurther: boolean): void {
    this.model.arrange({ sort: sortedBy(this.model.ordering.sort, column, isFurther) });
    this.heights.reset(this.rowPx);
  }
}
