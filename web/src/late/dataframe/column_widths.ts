/** The widths of columns: declared, dragged, or as wide as what is in them. */
import { Sizes } from "./sizes.ts";
import { shownText, type TableRow, type TableValue } from "./table.ts";

export const LEAST_PX = 48;
const MOST_PX = 360;
const PADDING_PX = 26;
/** Room beside the name of a column. */
const HEADER_PX = 26;
const IMAGE_PX = 120;
const BOOL_PX = 64;
/** Rows that are measured. */
const SAMPLE = 30;
/** The width of a sign where nothing can be measured. */
const SIGN_PX = 7.6;

export class ColumnWidths {
  readonly sizes = new Sizes(LEAST_PX);
  /** The widths of what is in the columns. */
  private natural: number[] = [];
  private readonly dragged = new Map<number, number>();
  private measured = "";
  private readonly context = document.createElement("canvas").getContext?.("2d") ?? null;

  /** Measures the columns of a table anew if they are others, or if the first rows have come. */
  measure({ headers, kinds, rendered = [] }: TableValue, sample: readonly TableRow[], font: string): void {
    const rows = sample.slice(0, SAMPLE);
    const key = JSON.stringify([headers, kinds, rows.length]);
    if (key === this.measured) return;
    const isOther = !this.measured.startsWith(JSON.stringify([headers, kinds]).slice(0, -1));
    if (isOther) this.dragged.clear();
    this.measured = key;
    if (this.context) this.context.font = font;
    const wide = new Set(rendered);
    this.natural = headers.map((header, at) => {
      const kind = kinds[at] ?? "str";
      if (kind === "image") return IMAGE_PX;
      const texts = rows.map((row) => (wide.has(at) ? String(row[at] ?? "") : shownText(row[at], kind)));
      const body = kind === "bool" ? BOOL_PX : Math.max(0, ...texts.map((text) => this.textWidth(text)));
      const width = Math.max(this.textWidth(header) + HEADER_PX, body) + PADDING_PX;
      const before = isOther ? 0 : (this.natural[at] ?? 0);
      return Math.max(LEAST_PX, before, Math.min(MOST_PX, Math.ceil(width)));
    });
  }

  /** Gives the columns their widths in a table as wide as `room`; what is left over is shared. */
  fit(declared: readonly string[], room: number): void {
    const fixed = this.natural.map((_, at) => this.dragged.get(at) ?? pixels(declared[at], room));
    const widths = this.natural.map((width, at) => fixed[at] ?? width);
    const rest = room - widths.reduce((sum, width) => sum + width, 0);
    const flexible = widths.reduce((sum, width, at) => sum + (fixed[at] === undefined ? width : 0), 0);
    if (rest > 0 && flexible > 0) {
      for (const [at, width] of widths.entries()) {
        if (fixed[at] === undefined) widths[at] = width + Math.floor((rest * width) / flexible);
      }
    }
    this.sizes.setAll(widths);
  }

  drag(column: number, width: number): void {
    this.dragged.set(column, Math.max(LEAST_PX, Math.round(width)));
  }

  /** Lets a column be as wide as what is in it. */
  release(column: number): void {
    this.dragged.delete(column);
  }

  private textWidth(text: string): number {
    const line = text.slice(0, 80).split("\n", 1)[0] as string;
    return this.context?.measureText(line).width ?? line.length * SIGN_PX;
  }
}

const UNITS: { [unit: string]: number } = { px: 1, em: 14, rem: 16, ch: SIGN_PX };

/** A declared width in pixels; `undefined` for none. */
function pixels(width: string | undefined, room: number): number | undefined {
  const [, number, unit] = /^([\d.]+)(px|%|r?em|ch|vw)$/.exec(width ?? "") ?? [];
  if (number === undefined || unit === undefined) return undefined;
  const each = unit === "%" ? room / 100 : unit === "vw" ? window.innerWidth / 100 : (UNITS[unit] ?? 1);
  return Math.max(LEAST_PX, Math.floor(Number(number) * each));
}
