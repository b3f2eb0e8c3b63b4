/** Editing in a table: cells by the type of their column, rows and columns that come and go, what is pasted. */
import { EDIT, emit } from "../../constants.ts";
import { plural } from "../../words.ts";
import { CellEditor, type Onward, readCell } from "./cell_editor.ts";
import type { TableEdit } from "./edits.ts";
import type { CellPlace, CellSelection } from "./selection.ts";
import { untabbed } from "./separated.ts";
import { blankCell, type TableCell, type TableValue } from "./table.ts";
import type { TableModel } from "./table_model.ts";

type CountLimits = readonly [least: number | null, most: number | null];

/** The element, as its editing sees it. */
export interface EditedTable extends HTMLElement {
  readonly component: number;
  readonly model: TableModel;
  readonly selection: CellSelection;
  readonly grid: HTMLElement | null;
  readonly shownRows: number;
  readonly props: {
    readonly interactive: boolean;
    readonly rows: CountLimits;
    readonly columns: CountLimits | null;
    readonly datatype: string | readonly string[];
    readonly static: readonly number[];
  };
  select(place: CellPlace, isExtended?: boolean): void;
  /** Takes the value of an edit. */
  keep(value: TableValue): void;
  tell(event: string, data?: unknown): void;
  say(note: string): void;
  forgetHeights(): void;
  requestUpdate(): void;
}

/** Most cells that are pasted, or emptied, at once. */
const MOST_PASTED = 20_000;

export class TableEditing {
  /** The edit that is under way; null for none. */
  editor: CellEditor | null = null;
  private readonly table: EditedTable;

  constructor(table: EditedTable) {
    this.table = table;
  }

  // ---- what the user may do ----------------------------------------------------------------------------------------

  canEdit(column: number): boolean {
    const { interactive, static: fixed } = this.table.props;
    return interactive && !fixed.includes(column);
  }

  get canAddRow(): boolean {
    const { model, props } = this.table;
    const [, most] = props.rows;
    return props.interactive && model.width > 0 && (most === null || model.rows.count < most);
  }

  get canDeleteRow(): boolean {
    const { model, props } = this.table;
    return props.interactive && model.rows.count > (props.rows[0] ?? 0);
  }

  /** True if one more column, or one fewer, is allowed. */
  canChangeColumns(by: 1 | -1): boolean {
    const { model, props } = this.table;
    const { interactive, columns } = props;
    const width = model.width + by;
    if (!interactive || !columns || !model.isSmall || width < 1) return false;
    return width >= (columns[0] ?? 1) && width <= (columns[1] ?? Number.POSITIVE_INFINITY);
  }

  get canRename(): boolean {
    const { model, props } = this.table;
    const { interactive, columns } = props;
    const isFixed = columns !== null && columns[0] === model.width && columns[1] === model.width;
    return interactive && columns !== null && !isFixed;
  }

  /** True if an empty row is offered in place of none. */
  get isBlank(): boolean {
    const { model } = this.table;
    return model.rows.count === 0 && this.canAddRow && !model.isOrdered;
  }

  // ---- edits -------------------------------------------------------------------------------------------------------

  /** Begins to edit a cell, or a header; `typed` replaces what is there. */
  begin(place: CellPlace, typed = ""): void {
    const { model } = this.table;
    const { row, column } = place;
    if (row < 0 ? !this.canRename : !this.canEdit(column) || (!this.isBlank && !model.row(row))) return;
    const kind = row < 0 ? "str" : (model.value.kinds[column] ?? "str");
    if (kind === "bool" && !typed) {
      this.toggle(place);
      return;
    }
    const cell = row < 0 ? model.value.headers[column] : model.row(row)?.[column];
    this.editor = new CellEditor(place, cell, kind, typed, {
      commit: (text, onward) => this.finish(place, text, onward),
      cancel: () => this.leave(),
    });
    this.table.requestUpdate();
  }

  private leave(): void {
    this.editor = null;
    this.table.requestUpdate();
    this.table.grid?.focus({ preventScroll: true });
  }

  private finish({ row, column }: CellPlace, text: string, onward: Onward): string {
    if (row < 0) {
      if (text !== this.table.model.value.headers[column]) this.commit([["rename", column, text]]);
    } else {
      const read = readCell(text, this.table.model.value.kinds[column] ?? "str", this.isStrict(column));
      if ("problem" in read) return read.problem;
      this.put({ row, column }, read.cell);
    }
    const isHere = onward !== "stay";
    this.editor = null;
    if (isHere) this.leave();
    if (isHere) this.go(row, column, onward);
    return "";
  }

  private go(row: number, column: number, onward: Onward): void {
    const by = { stay: [0, 0], down: [1, 0], up: [-1, 0], right: [0, 1], left: [0, -1] }[onward] as [number, number];
    const to = { row: Math.min(this.table.shownRows - 1, row + by[0]), column: column + by[1] };
    if (to.row >= -1 && to.column >= 0 && to.column < this.table.model.width) this.table.select(to);
  }

  /** True if the app declares the type of a column. */
  private isStrict(column: number): boolean {
    const { datatype } = this.table.props;
    const declared = typeof datatype === "string" ? datatype : (datatype[column] ?? "auto");
    return declared !== "auto";
  }

  toggle(place: CellPlace): void {
    if (!this.canEdit(place.column)) return;
    this.put(place, this.table.model.row(place.row)?.[place.column] !== true);
  }

  /** Gives a cell another value. */
  private put({ row, column }: CellPlace, cell: TableCell): void {
    const { model } = this.table;
    const index = this.isBlank ? 0 : model.indexOf(row);
    const before = model.row(row)?.[column] ?? null;
    if (cell === before || (before === null && cell === "")) return;
    this.commit([...(this.isBlank ? [this.blankRow(0)] : []), ["set", index, column, cell]]);
    this.table.tell("edit", { index: [index, column], value: cell, previous_value: before });
  }

  private blankRow(at: number): TableEdit {
    return ["insert", at, this.table.model.value.kinds.map(blankCell)];
  }

  addRow(at: number): void {
    this.commit([this.blankRow(at)]);
    this.table.forgetHeights();
    if (!this.table.model.isOrdered) this.table.select({ row: at, column: this.table.selection.active?.column ?? 0 });
    this.table.grid?.focus({ preventScroll: true });
  }

  deleteRows(): void {
    const { range } = this.table.selection;
    if (!range) return;
    const least = this.table.props.rows[0] ?? 0;
    const chosen = Array.from({ length: range.bottom - range.top + 1 }, (_, at) =>
      this.table.model.indexOf(range.top + at),
    );
    const numbers = chosen.filter((index) => index >= 0).slice(0, this.table.model.rows.count - least);
    this.commit(numbers.sort((one, other) => other - one).map((index) => ["delete", index]));
    this.table.selection.clamp(this.table.shownRows, this.table.model.width);
    this.table.forgetHeights();
    this.table.grid?.focus({ preventScroll: true });
  }

  /** Empties what is selected. */
  erase(): void {
    const { range } = this.table.selection;
    if (!range || this.isBlank) return;
    const edits: TableEdit[] = [];
    for (let row = range.top; row <= range.bottom && edits.length < MOST_PASTED; row++) {
      for (let column = range.left; column <= range.right; column++) {
        if (this.canEdit(column) && this.table.model.row(row))
          edits.push([
            "set",
            this.table.model.indexOf(row),
            column,
            blankCell(this.table.model.value.kinds[column] ?? "str"),
          ]);
      }
    }
    this.commit(edits);
  }

  /** Writes copied cells over those from the active one on; rows are added where that is allowed. */
  paste(text: string): void {
    const { model, selection, props } = this.table;
    const from = selection.range;
    if (!from || !props.interactive) return;
    const edits: TableEdit[] = [];
    const most = props.rows[1] ?? Number.POSITIVE_INFINITY;
    let refused = 0;
    let count = model.rows.count;
    for (const [down, texts] of untabbed(text).entries()) {
      const isNew = from.top + down >= model.count;
      if ((isNew && (model.isOrdered || count >= most)) || edits.length >= MOST_PASTED) break;
      if (isNew) edits.push(this.blankRow(count++));
      const index = isNew ? count - 1 : model.indexOf(from.top + down);
      refused += this.pasteRow(edits, index, from.left, texts);
    }
    this.commit(edits);
    if (refused > 0)
      this.table.say(
        plural(
          "{count} of the pasted cells does not fit its column.",
          "{count} of the pasted cells do not fit their column.",
          refused,
        ),
      );
  }

  /** Adds the edits of one row; returns the number of texts that do not fit. */
  private pasteRow(edits: TableEdit[], index: number, left: number, texts: readonly string[]): number {
    const { kinds } = this.table.model.value;
    let refused = 0;
    for (const [across, text] of texts.entries()) {
      const column = left + across;
      if (column >= kinds.length || !this.canEdit(column)) continue;
      const read = readCell(text, kinds[column] ?? "str", this.isStrict(column));
      if ("problem" in read) refused++;
      else edits.push(["set", index, column, read.cell]);
    }
    return refused;
  }

  changeColumns(at: number, isRemoved: boolean): void {
    this.send(this.table.model.changeColumns(at, isRemoved));
  }

  private commit(edits: readonly TableEdit[]): void {
    if (edits.length > 0) this.send(this.table.model.edit(edits));
  }

  /** Tells the server of edits that are made here already. */
  private send(messages: readonly unknown[]): void {
    const { value } = this.table.model;
    this.table.keep(value);
    for (const wire of messages) emit(this.table, EDIT, { component: this.table.component, value, wire });
    this.table.tell("input");
  }
}
