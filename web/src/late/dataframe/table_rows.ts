/** The rows of a table: those that came with it, and those in files, which are fetched when they are asked for. */
import { isPage, type TablePage, type TableRow, type TableValue } from "./table.ts";

/** Fetches the rows of a page. */
export type FetchRows = (page: unknown) => Promise<readonly TableRow[]>;

interface RowStretch {
  start: number;
  count: number;
  /** Null as long as they were not fetched. */
  rows: readonly TableRow[] | null;
  page: TablePage | null;
}

export class TableRows {
  count = 0;
  private stretches: RowStretch[] = [];
  private readonly fetchRows: FetchRows;
  private readonly arrived: () => void;
  /** The files that were fetched, or are on their way, by handle. */
  private readonly fetched = new Map<string, Promise<readonly TableRow[]> | readonly TableRow[]>();
  private before: TableRows | null = null;

  /** Calls `arrived` when rows have come that were asked for. */
  constructor(fetchRows: FetchRows, arrived: () => void) {
    this.fetchRows = fetchRows;
    this.arrived = arrived;
  }

  /** Takes the rows of a value; until those in files have come, those that were there before stand in their place. */
  take({ data }: TableValue): void {
    this.before = this.remembered();
    this.stretches = [];
    this.count = 0;
    let inline: TableRow[] = [];
    const close = (): void => {
      if (inline.length > 0) this.add(inline.length, inline, null);
      inline = [];
    };
    for (const item of data) {
      if (isPage(item)) {
        close();
        const known = this.fetched.get(handleOf(item.page));
        this.add(item.rows, Array.isArray(known) ? known : null, item);
      } else inline.push(item);
    }
    close();
    const handles = new Set(this.stretches.map(({ page }) => (page ? handleOf(page.page) : "")));
    for (const handle of this.fetched.keys()) if (!handles.has(handle)) this.fetched.delete(handle);
    if (this.isComplete) this.before = null;
  }

  /** A row; null if it has not been fetched, which begins then. */
  at(index: number): TableRow | null {
    const stretch = this.find(index);
    if (!stretch) return null;
    if (!stretch.rows) void this.load(stretch).catch(() => {});
    return stretch.rows?.[index - stretch.start] ?? this.before?.peek(index) ?? null;
  }

  /** All rows, when they are there. */
  async all(): Promise<readonly TableRow[]> {
    for (const stretch of this.stretches) if (!stretch.rows) await this.load(stretch);
    return this.loaded;
  }

  /** Puts another row in the place of one. */
  set(index: number, row: TableRow): void {
    this.splice(index, 1, [row]);
  }

  /** Puts a row before another, or at the end. */
  insert(index: number, row: TableRow): void {
    this.splice(index, 0, [row]);
  }

  remove(index: number): void {
    this.splice(index, 1, []);
  }

  /** The rows in the form of the value. */
  get data(): (TableRow | TablePage)[] {
    return this.stretches.flatMap(({ rows, count, page }): (TableRow | TablePage)[] =>
      page ? [{ rows: count, page: page.page }] : [...(rows ?? [])],
    );
  }

  private splice(index: number, count: number, fresh: readonly TableRow[]): void {
    if (this.stretches.length === 0) this.add(0, [], null);
    const stretch = this.find(index) ?? (this.stretches.at(-1) as RowStretch);
    if (!stretch.rows) return;
    stretch.rows = stretch.rows.toSpliced(index - stretch.start, count, ...fresh);
    if (stretch.page) this.fetched.set(handleOf(stretch.page.page), stretch.rows);
    this.count = 0;
    for (const each of this.stretches) {
      each.start = this.count;
      each.count = each.rows?.length ?? each.count;
      this.count += each.count;
    }
  }

  /** True if no row has to be fetched. */
  get isComplete(): boolean {
    return this.stretches.every(({ rows }) => rows !== null);
  }

  /** True if there are rows in files. */
  get isPaged(): boolean {
    return this.stretches.some(({ page }) => page !== null);
  }

  /** The first rows that are there, without fetching any. */
  sample(): readonly TableRow[] {
    return this.stretches.find(({ rows }) => rows !== null)?.rows ?? [];
  }

  /** The rows that are there. */
  get loaded(): readonly TableRow[] {
    const [only] = this.stretches;
    if (only?.rows && this.stretches.length === 1) return only.rows;
    return this.stretches.flatMap(({ rows }) => rows ?? []);
  }

  private add(count: number, rows: readonly TableRow[] | null, page: TablePage | null): void {
    this.stretches.push({ start: this.count, count, rows, page });
    this.count += count;
  }

  private find(index: number): RowStretch | undefined {
    return this.stretches.find(({ start, count }) => index >= start && index < start + count);
  }

  private peek(index: number): TableRow | null {
    const stretch = this.find(index);
    return stretch?.rows?.[index - stretch.start] ?? null;
  }

  private remembered(): TableRows | null {
    if (this.count === 0) return null;
    const before = new TableRows(this.fetchRows, () => {});
    before.stretches = this.stretches;
    return before;
  }

  /** Fetches a file once, however often it is asked for; what failed is asked for again. */
  private async load(stretch: RowStretch): Promise<void> {
    const { page } = stretch;
    if (!page || stretch.rows) return;
    const handle = handleOf(page.page);
    const isNew = !this.fetched.has(handle);
    if (isNew) this.fetched.set(handle, this.fetchRows(page.page));
    try {
      const rows = await this.fetched.get(handle);
      if (this.fetched.has(handle) && rows) this.fetched.set(handle, rows);
      stretch.rows = rows ?? null;
    } catch (error) {
      this.fetched.delete(handle);
      throw error;
    }
    if (this.isComplete) this.before = null;
    if (isNew) this.arrived();
  }
}

function handleOf(page: unknown): string {
  return String((page as { file?: unknown } | null)?.file ?? "");
}
