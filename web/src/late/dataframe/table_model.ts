/** The table of an element: its value, and the rows that are shown, in their order. */

import { t } from "../../words.ts";
import { edited, isSmall, type TableEdit, withColumns } from "./edits.ts";
import { type Ordering, ordered } from "./order.ts";
import { NO_TABLE, type TableRow, type TableValue } from "./table.ts";
import { type FetchRows, TableRows } from "./table_rows.ts";

/** Sorting again what changes all the time takes at most this share of it. */
const PATIENCE = 10;

export class TableModel {
  value: TableValue = NO_TABLE;
  ordering: Ordering = { search: "", filters: [], sort: [] };
  /** True while rows are fetched that have to be known for the order. */
  isLoading = false;
  /** The error of the last attempt to fetch rows; empty for none. */
  problem = "";
  readonly rows: TableRows;
  private order: Uint32Array | null = null;
  private readonly changed: () => void;
  private costMs = 0;
  private orderedAt = Number.NEGATIVE_INFINITY;
  private later: ReturnType<typeof setTimeout> | undefined;

  /** Calls `changed` when something else is to be shown than before. */
  constructor(fetchRows: FetchRows, changed: () => void) {
    this.rows = new TableRows(fetchRows, () => this.changed());
    this.changed = changed;
  }

  /** The number of rows that are shown. */
  get count(): number {
    return this.order?.length ?? this.rows.count;
  }

  get width(): number {
    return this.value.headers.length;
  }

  get isOrdered(): boolean {
    const { search, filters, sort } = this.ordering;
    return search.trim() !== "" || filters.length > 0 || sort.length > 0;
  }

  get isSmall(): boolean {
    return isSmall(this.value, this.rows);
  }

  /** The number in the value of a row that is shown. */
  indexOf(shown: number): number {
    return this.order ? (this.order[shown] ?? -1) : shown;
  }

  /** A row as it is shown; null if it is not there, or not yet. */
  row(shown: number): TableRow | null {
    return this.rows.at(this.indexOf(shown));
  }

  /** All rows that are shown, in their order. */
  async shown(): Promise<readonly TableRow[]> {
    const all = await this.rows.all();
    return this.order ? Array.from(this.order, (index) => all[index] ?? []) : all;
  }

  /** Takes a value of the server; returns the number of rows that it has more than before, -1 if it is another table. */
  take(value: TableValue): number {
    const before = this.value;
    const count = this.rows.count;
    const last = before.data.length - 1;
    const isSame = last >= 0 && before.data[last] === value.data[last] && before.data[0] === value.data[0];
    this.value = value;
    this.rows.take(value);
    if (before.headers.length !== value.headers.length) this.keepColumns(value.headers.length);
    this.reorderSoon();
    return isSame ? this.rows.count - count : -1;
  }

  /** Shows other rows, or in another order. */
  arrange(ordering: Partial<Ordering>): void {
    this.ordering = { ...this.ordering, ...ordering };
    void this.reorder();
  }

  /** Makes edits; returns what the server is told of them. The rows stay where they are until they are sorted again. */
  edit(edits: readonly TableEdit[]): unknown[] {
    const [value, messages] = edited(this.value, this.rows, edits);
    this.replace(value);
    return messages;
  }

  /** Removes a column, or inserts one before another. */
  changeColumns(at: number, isRemoved: boolean): unknown[] {
    const [value, messages] = withColumns(this.value, this.rows, at, isRemoved);
    this.arrange({ filters: [], sort: [] });
    this.replace(value);
    return messages;
  }

  private replace(value: TableValue): void {
    const hasMoved = value.data.length !== this.value.data.length;
    this.value = value;
    this.rows.take(value);
    if (hasMoved) void this.reorder();
  }

  private keepColumns(width: number): void {
    const { filters, sort } = this.ordering;
    const isKnown = ({ column }: { column: number }): boolean => column < width;
    this.ordering = { ...this.ordering, filters: filters.filter(isKnown), sort: sort.filter(isKnown) };
  }

  /** Orders the rows of a new value: at once if that is quick, or if it was long ago. */
  private reorderSoon(): void {
    clearTimeout(this.later);
    if (!this.isOrdered) {
      this.order = null;
      return;
    }
    const wait = this.orderedAt + PATIENCE * this.costMs - performance.now();
    if (wait <= 0) void this.reorder();
    else {
      this.dropMissing();
      this.later = setTimeout(() => void this.reorder(), wait);
    }
  }

  /** The order is of rows of which some may be gone. */
  private dropMissing(): void {
    if (this.order?.some((index) => index >= this.rows.count)) {
      this.order = this.order.filter((index) => index < this.rows.count);
    }
  }

  private async reorder(): Promise<void> {
    if (!this.isOrdered) this.order = null;
    else if (this.rows.isComplete) this.compute(this.rows.loaded);
    else await this.load();
    this.changed();
  }

  private compute(rows: readonly TableRow[]): void {
    const began = performance.now();
    this.order = ordered(rows, this.value.kinds, this.ordering);
    this.orderedAt = performance.now();
    this.costMs = this.orderedAt - began;
  }

  private async load(): Promise<void> {
    this.isLoading = true;
    this.problem = "";
    this.changed();
    try {
      const rows = await this.rows.all();
      if (this.isOrdered) this.compute(rows);
    } catch {
      this.problem = t("Not all rows could be fetched. Try again.");
    } finally {
      this.isLoading = false;
    }
  }
}
