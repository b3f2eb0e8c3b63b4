/** The rows and headers of the table that are in view, as the grid pattern of ARIA has them. */
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { ArrowDown, ArrowUp } from "lucide";
import { glyph, icon } from "../../elements/parts/icons.ts";
import { styled } from "../../elements/parts/styled.ts";
import { t } from "../../words.ts";
import type { CellEditor } from "./cell_editor.ts";
import { cellContent, cellTitle } from "./cell_view.ts";
import type { CellSelection } from "./selection.ts";
import type { Sizes } from "./sizes.ts";
import type { TableModel } from "./table_model.ts";

export interface GridLook {
  /** The beginning of the ids of cells. */
  id: string;
  model: TableModel;
  columns: Sizes;
  /** The rows in view: the first one, and the one behind the last. */
  rows: readonly [number, number];
  /** The columns in view behind those that are pinned. */
  window: readonly [number, number];
  pinned: number;
  /** Width of the column of row numbers; 0 for none. */
  numbersPx: number;
  selection: CellSelection;
  editor: CellEditor | null;
  most: number | null;
  /** True if a row without anything in it is offered to be filled. */
  isBlank: boolean;
  /** True if the headers offer a menu. */
  hasMenu: boolean;
  canEdit(column: number): boolean;
  toggle(row: number, column: number): void;
}

/** The numbers of the columns that are drawn; -1 stands for the room of those that are left out. */
function drawnColumns({ pinned, window: [first, end], columns }: GridLook): number[] {
  const numbers = Array.from({ length: Math.min(pinned, columns.count) }, (_, at) => at);
  if (first > pinned) numbers.push(-1);
  for (let at = Math.max(first, pinned); at < end; at++) numbers.push(at);
  return numbers;
}

/** The tracks of the rows, for `grid-template-columns`. */
export function tracks(look: GridLook): string {
  const { columns, pinned, window } = look;
  const widths = drawnColumns(look).map((column) =>
    column >= 0 ? columns.size(column) : columns.start(window[0]) - columns.start(pinned),
  );
  return [...(look.numbersPx ? [look.numbersPx] : []), ...widths].map((width) => `${width}px`).join(" ");
}

export function headers(look: GridLook): TemplateResult {
  return html`<div class="ms-tr ms-thead" role="row" aria-rowindex="1">
    ${look.numbersPx ? html`<div class="ms-th ms-row-number" role="columnheader" aria-colindex="1"><span class="ms-sr">${t("Row")}</span></div>` : nothing}
    ${drawnColumns(look).map((column) => (column < 0 ? html`<div></div>` : header(look, column)))}
  </div>`;
}

function header(look: GridLook, column: number): TemplateResult {
  const { model, selection, editor } = look;
  const { value, ordering } = model;
  const name = value.headers[column] ?? "";
  const at = ordering.sort.findIndex((key) => key.column === column);
  const key = ordering.sort[at];
  const isActive = selection.active?.row === -1 && selection.active.column === column;
  const isFiltered = ordering.filters.some((filter) => filter.column === column);
  const isEdited = editor?.isAt(-1, column);
  return html`<div
    class="ms-th" role="columnheader" aria-label=${name} id=${cellId(look, -1, column)} aria-colindex=${colIndex(look, column)} data-column=${column}
    aria-sort=${key ? (key.isDescending ? "descending" : "ascending") : "none"} data-kind=${value.kinds[column] ?? "str"}
    ?data-active=${isActive} ?data-filtered=${isFiltered} title=${name} ${pin(look, column)}
  >
    ${isEdited ? editor?.view(t("Name of column {name}", { name })) : html`<span class="ms-th-name">${name}</span>`}
    ${key ? html`<span class="ms-sorted">${glyph(key.isDescending ? ArrowDown : ArrowUp)}${ordering.sort.length > 1 ? at + 1 : nothing}</span>` : nothing}
    ${look.hasMenu && !isEdited ? html`<button class="ms-th-menu" type="button" tabindex="-1" aria-label=${t("Menu of {name}", { name })}>${icon("down")}</button>` : nothing}
    <span class="ms-grip"></span>
  </div>`;
}

export function rows(look: GridLook): TemplateResult {
  const {
    rows: [first, end],
  } = look;
  const numbers = Array.from({ length: end - first }, (_, at) => first + at);
  return html`${repeat(
    numbers,
    (row) => row,
    (row) => line(look, row),
  )}`;
}

function line(look: GridLook, row: number): TemplateResult {
  const { model, numbersPx } = look;
  const index = model.indexOf(row);
  const isMissing = !look.isBlank && model.row(row) === null;
  return html`<div class="ms-tr" role="row" aria-rowindex=${row + 2} data-row=${row} ?data-missing=${isMissing}>
    ${numbersPx ? html`<div class="ms-td ms-row-number" role="rowheader" aria-colindex="1">${index + 1}</div>` : nothing}
    ${drawnColumns(look).map((column) => (column < 0 ? html`<div></div>` : cell(look, row, index, column)))}
  </div>`;
}

function cell(look: GridLook, row: number, index: number, column: number): TemplateResult {
  const { model, selection, editor } = look;
  const { value } = model;
  const cells = model.row(row);
  const range = selection.range;
  const isChosen =
    range !== null && row >= range.top && row <= range.bottom && column >= range.left && column <= range.right;
  const isActive = selection.active?.row === row && selection.active.column === column;
  const html_ = value.rendered?.indexOf(column) ?? -1;
  const header = value.headers[column] ?? "";
  const shown = {
    cell: cells?.[column],
    kind: value.kinds[column] ?? "str",
    rendered: html_ >= 0 ? cells?.[value.headers.length + html_] : null,
    display: value.looks?.display[index]?.[column],
    most: isActive ? null : look.most,
    checkbox:
      look.canEdit(column) && cells !== null
        ? t("{column}, row {number}", { column: header, number: index + 1 })
        : null,
    toggle: () => look.toggle(row, column),
  };
  const style = value.looks?.palette[value.looks.styles[index]?.[column] ?? -1];
  return html`<div
    class="ms-td" role="gridcell" id=${cellId(look, row, column)} aria-colindex=${colIndex(look, column)} data-column=${column}
    data-kind=${shown.kind} aria-selected=${isChosen} ?data-active=${isActive} ?data-fixed=${!look.canEdit(column)}
    title=${cellTitle(shown)} ${pin(look, column)} ${styled({ ...UNSTYLED, ...style })}
  >${editor?.isAt(row, column) ? editor.view(t("{column}, row {number}", { column: header, number: index + 1 })) : cellContent(shown)}</div>`;
}

/** The styles of a cell that has none of its own: it may have had them before. */
const UNSTYLED = { color: null, "background-color": null, "background-image": null };

function pin({ pinned, columns, numbersPx }: GridLook, column: number): ReturnType<typeof styled> {
  const isPinned = column < pinned;
  return styled({
    position: isPinned ? "sticky" : null,
    left: isPinned ? `${numbersPx + columns.start(column)}px` : null,
    "z-index": isPinned ? 1 : null,
  });
}

const colIndex = ({ numbersPx }: GridLook, column: number): number => column + (numbersPx ? 2 : 1);

export function cellId({ id }: GridLook, row: number, column: number): string {
  return `${id}-${row}-${column}`;
}
