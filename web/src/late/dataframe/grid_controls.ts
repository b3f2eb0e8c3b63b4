/** Keys, pointer and clipboard on the table: what they mean for its element. */

import { t } from "../../words.ts";
import { type ColumnWidths, LEAST_PX } from "./column_widths.ts";
import { type CellPlace, type CellSelection, moved } from "./selection.ts";
import type { TableEditing } from "./table_editing.ts";
import type { MenuEntry, TableMenu } from "./table_menu.ts";
import type { TableModel } from "./table_model.ts";

/** The element, as its controls see it. */
export interface Controlled extends HTMLElement {
  readonly model: TableModel;
  readonly selection: CellSelection;
  readonly menu: TableMenu;
  readonly widths: ColumnWidths;
  readonly grid: HTMLElement | null;
  readonly shownRows: number;
  readonly editing: TableEditing;
  readonly bars: { copy(isByButton: boolean): Promise<void> };
  readonly props: { search: string; interactive: boolean };
  select(place: CellPlace, isExtended?: boolean): void;
  sort(column: number, isFurther: boolean): void;
  requestUpdate(): void;
}

const STEP_PX = 16;

export class GridControls {
  private readonly table: Controlled;
  /** A column that is being dragged: its width and the pointer's place at the beginning. */
  private isDragging = false;

  constructor(table: Controlled) {
    this.table = table;
  }

  // ---- keys --------------------------------------------------------------------------------------------------------

  readonly onKey = (event: KeyboardEvent): void => {
    if (event.isComposing || (event.target as HTMLElement).matches("input, textarea, select")) return;
    const { table } = this;
    const active = table.selection.active;
    if (!active) {
      if (event.key.startsWith("Arrow") && table.model.width > 0) {
        event.preventDefault();
        table.select({ row: table.shownRows > 0 ? 0 : -1, column: 0 });
      }
      return;
    }
    const isHandled = active.row < 0 ? this.headerKey(event, active) : this.cellKey(event, active);
    if (isHandled || this.moveKey(event, active)) event.preventDefault();
  };

  private moveKey(event: KeyboardEvent, active: CellPlace): boolean {
    const { table } = this;
    const page = Math.max(1, Math.floor((table.grid?.clientHeight ?? 0) / 40) - 1);
    const extent = { rows: table.shownRows, columns: table.model.width, page };
    const to = moved(active, event.key, event.ctrlKey || event.metaKey, extent);
    if (to) table.select(to, event.shiftKey && active.row >= 0 && to.row >= 0);
    return to !== null;
  }

  private headerKey(event: KeyboardEvent, { column }: CellPlace): boolean {
    const { table } = this;
    const { key, altKey } = event;
    if (altKey && (key === "ArrowLeft" || key === "ArrowRight")) {
      const by = key === "ArrowLeft" ? -STEP_PX : STEP_PX;
      table.widths.drag(column, table.widths.sizes.size(column) + by);
      table.requestUpdate();
    } else if (isMenuKey(event) || (altKey && key === "ArrowDown")) this.openMenu({ row: -1, column });
    else if (key === "Enter" || key === " ") table.sort(column, event.shiftKey);
    else if (key === "F2") table.editing.begin({ row: -1, column });
    else return false;
    return true;
  }

  private cellKey(event: KeyboardEvent, active: CellPlace): boolean {
    const { table } = this;
    const isCommand = event.ctrlKey || event.metaKey;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (isCommand && key === "c") void table.bars.copy(false);
    else if (isCommand && key === "a") {
      table.selection.selectAll(table.shownRows, table.model.width);
      table.requestUpdate();
    } else if (isMenuKey(event)) this.openMenu(active);
    else if (!isCommand && !event.altKey && table.editing.canEdit(active.column)) return this.editKey(event, active);
    else return false;
    return true;
  }

  private editKey({ key }: KeyboardEvent, active: CellPlace): boolean {
    const { table } = this;
    const isTruth = table.model.value.kinds[active.column] === "bool";
    if (key === "Enter" || key === "F2") table.editing.begin(active);
    else if (key === " " && isTruth) table.editing.toggle(active);
    else if (key === "Delete" || key === "Backspace") table.editing.erase();
    else if (key.length === 1 && !isTruth) table.editing.begin(active, key);
    else return false;
    return true;
  }

  readonly onPaste = (event: ClipboardEvent): void => {
    const text = event.clipboardData?.getData("text/plain");
    if (!text || !this.table.props.interactive) return;
    event.preventDefault();
    this.table.editing.paste(text);
  };

  // ---- pointer -----------------------------------------------------------------------------------------------------

  readonly onPointer = (event: PointerEvent): void => {
    const target = event.target as Element;
    const grip = target.closest<HTMLElement>(".ms-grip");
    if (grip) {
      this.dragWidth(event, grip);
      return;
    }
    const place = placeOf(target);
    if (!place || place.row < 0 || event.button !== 0 || target.closest("a, input, textarea, select, button")) return;
    if (event.pointerType === "mouse") this.sweep(event, place);
  };

  /** Selects from one cell to where the pointer goes. */
  private sweep(event: PointerEvent, from: CellPlace): void {
    const { table } = this;
    table.select(from, event.shiftKey);
    const move = (next: PointerEvent): void => {
      const to = placeOf(document.elementFromPoint(next.clientX, next.clientY));
      const { active } = table.selection;
      if (to && to.row >= 0 && (to.row !== active?.row || to.column !== active.column)) table.select(to, true);
    };
    const end = (): void => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  readonly onClick = (event: MouseEvent): void => {
    const { table } = this;
    const target = event.target as Element;
    const place = placeOf(target);
    if (!place || this.isDragging) return;
    if (target.closest(".ms-th-menu")) {
      this.openMenu(place);
      return;
    }
    if (target.closest("input, textarea")) return;
    if (place.row < 0) {
      table.select(place);
      table.sort(place.column, event.shiftKey);
      return;
    }
    if ((event as PointerEvent).pointerType === "mouse" || target.closest("a")) return;
    const { active } = table.selection;
    // A second tap on the same cell edits it.
    if (active?.row === place.row && active.column === place.column) table.editing.begin(place);
    else table.select(place);
  };

  readonly onDouble = (event: MouseEvent): void => {
    const target = event.target as Element;
    const place = placeOf(target);
    if (!place || target.closest("input, textarea, button")) return;
    if (target.closest(".ms-grip")) {
      this.table.widths.release(place.column);
      this.table.requestUpdate();
    } else if (place.row >= 0) this.table.editing.begin(place);
  };

  readonly onContext = (event: MouseEvent): void => {
    const place = placeOf(event.target as Element);
    if (!place || (event.target as Element).closest("input, textarea, a")) return;
    event.preventDefault();
    const { range } = this.table.selection;
    const isIn = range && place.row >= range.top && place.row <= range.bottom;
    if (place.row < 0 || !isIn) this.table.select(place);
    this.openMenu(place);
  };

  private dragWidth(event: PointerEvent, grip: HTMLElement): void {
    const column = placeOf(grip)?.column ?? 0;
    const { widths } = this.table;
    const before = widths.sizes.size(column);
    event.preventDefault();
    grip.setPointerCapture(event.pointerId);
    this.isDragging = true;
    const move = (next: PointerEvent): void => {
      widths.drag(column, Math.max(LEAST_PX, before + next.clientX - event.clientX));
      this.table.requestUpdate();
    };
    const end = (): void => {
      grip.removeEventListener("pointermove", move);
      setTimeout(() => {
        this.isDragging = false; // the click that ends it sorts nothing
      });
    };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", end, { once: true });
  }

  // ---- menus -------------------------------------------------------------------------------------------------------

  private openMenu(place: CellPlace): void {
    const { table } = this;
    const anchor = table.grid?.querySelector(
      place.row < 0
        ? `.ms-th[data-column="${place.column}"]`
        : `[data-row="${place.row}"] > [data-column="${place.column}"]`,
    );
    if (!anchor) return;
    if (place.row < 0) table.menu.offer(t("Column"), this.columnEntries(place.column, anchor), anchor);
    else table.menu.offer(t("Rows"), this.rowEntries(place.row), anchor);
  }

  private columnEntries(column: number, anchor: Element): MenuEntry[] {
    const { table } = this;
    const { model } = table;
    const { sort, filters } = model.ordering;
    const entries: MenuEntry[] = [
      { name: t("Sort ascending"), press: () => model.arrange({ sort: [{ column, isDescending: false }] }) },
      { name: t("Sort descending"), press: () => model.arrange({ sort: [{ column, isDescending: true }] }) },
    ];
    if (sort.length > 0) entries.push({ name: t("Clear the order"), press: () => model.arrange({ sort: [] }) });
    if (table.props.search === "filter") {
      entries.push({ name: t("Filter…"), isApart: true, press: () => this.askFilter(column, anchor) });
      if (filters.length > 0)
        entries.push({ name: t("Remove all filters"), press: () => model.arrange({ filters: [] }) });
    }
    if (table.editing.canRename)
      entries.push({ name: t("Rename"), isApart: true, press: () => table.editing.begin({ row: -1, column }) });
    if (table.editing.canChangeColumns(1)) {
      entries.push({ name: t("Insert a column to the left"), press: () => table.editing.changeColumns(column, false) });
      entries.push({
        name: t("Insert a column to the right"),
        press: () => table.editing.changeColumns(column + 1, false),
      });
    }
    if (table.editing.canChangeColumns(-1))
      entries.push({ name: t("Delete the column"), press: () => table.editing.changeColumns(column, true) });
    return entries;
  }

  private askFilter(column: number, anchor: Element): void {
    const { model, menu } = this.table;
    const { filters } = model.ordering;
    const isNumeric = model.value.kinds[column] === "number";
    const known = filters.find((filter) => filter.column === column);
    const filter = known ?? { column, comparison: isNumeric ? "above" : "contains", text: "" };
    const others = filters.filter((each) => each.column !== column);
    menu.ask(t("Filter of {column}", { column: model.value.headers[column] ?? "" }), filter, anchor, (next) =>
      model.arrange({ filters: next ? [...others, next] : others }),
    );
  }

  private rowEntries(row: number): MenuEntry[] {
    const { table } = this;
    const index = table.model.indexOf(row);
    const entries: MenuEntry[] = [{ name: t("Copy"), press: () => void table.bars.copy(false) }];
    if (table.editing.canAddRow && index >= 0) {
      entries.push({ name: t("Insert a row above"), isApart: true, press: () => table.editing.addRow(index) });
      entries.push({ name: t("Insert a row below"), press: () => table.editing.addRow(index + 1) });
    }
    if (table.editing.canDeleteRow)
      entries.push({ name: t("Delete the rows"), press: () => table.editing.deleteRows() });
    return entries;
  }
}

function isMenuKey({ key, shiftKey }: KeyboardEvent): boolean {
  return key === "ContextMenu" || (key === "F10" && shiftKey);
}

/** The place in the table of an element in it. */
function placeOf(element: Element | null): CellPlace | null {
  const cell = element?.closest<HTMLElement>("[data-column]");
  if (!cell) return null;
  const row = cell.closest<HTMLElement>("[data-row]");
  return { row: row ? Number(row.dataset["row"]) : -1, column: Number(cell.dataset["column"]) };
}
