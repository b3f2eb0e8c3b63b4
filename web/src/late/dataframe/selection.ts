/** The selected cells of a table, as it is shown: a rectangle with an active cell, moved by keys. Pure. */

/** A place in the table as it is shown; row -1 is that of the headers. */
export interface CellPlace {
  row: number;
  column: number;
}

export interface CellRange {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

export class CellSelection {
  /** The cell that is moved; null before anything was selected. */
  active: CellPlace | null = null;
  private anchor: CellPlace | null = null;

  /** Selects one cell, or all from the one that was selected first if it is extended. */
  select(place: CellPlace, isExtended = false): void {
    if (!isExtended || !this.anchor) this.anchor = place;
    this.active = place;
  }

  selectAll(rows: number, columns: number): void {
    if (rows === 0 || columns === 0) return;
    this.anchor = { row: 0, column: 0 };
    this.active = { row: rows - 1, column: columns - 1 };
  }

  clear(): void {
    this.active = this.anchor = null;
  }

  /** The rectangle of what is selected; null for nothing, or a header. */
  get range(): CellRange | null {
    const { active, anchor } = this;
    if (!active || !anchor || active.row < 0) return null;
    return {
      top: Math.max(0, Math.min(active.row, anchor.row)),
      bottom: Math.max(active.row, anchor.row),
      left: Math.min(active.column, anchor.column),
      right: Math.max(active.column, anchor.column),
    };
  }

  /** Keeps it within the table. */
  clamp(rows: number, columns: number): void {
    const { active, anchor } = this;
    if (!active || !anchor) return;
    if (columns === 0 || (rows === 0 && active.row >= 0)) this.clear();
    else [this.active, this.anchor] = [within(active, rows, columns), within(anchor, rows, columns)];
  }
}

function within({ row, column }: CellPlace, rows: number, columns: number): CellPlace {
  return { row: Math.min(row, rows - 1), column: Math.min(column, columns - 1) };
}

export interface GridExtent {
  rows: number;
  columns: number;
  /** Rows of a page. */
  page: number;
}

/** The place that a key leads to from another; null if it is no key that moves. */
export function moved(
  from: CellPlace,
  key: string,
  isFar: boolean,
  { rows, columns, page }: GridExtent,
): CellPlace | null {
  const { row, column } = from;
  const target: { [key: string]: CellPlace } = {
    ArrowUp: { row: isFar ? 0 : row - 1, column },
    ArrowDown: { row: isFar ? rows - 1 : row + 1, column },
    ArrowLeft: { row, column: isFar ? 0 : column - 1 },
    ArrowRight: { row, column: isFar ? columns - 1 : column + 1 },
    PageUp: { row: Math.max(row < 0 ? -1 : 0, row - page), column },
    PageDown: { row: row + page, column },
    Home: { row: isFar ? 0 : row, column: 0 },
    End: { row: isFar ? rows - 1 : row, column: columns - 1 },
  };
  const to = target[key];
  if (!to) return null;
  return {
    row: Math.max(-1, Math.min(rows - 1, to.row)),
    column: Math.max(0, Math.min(columns - 1, to.column)),
  };
}
