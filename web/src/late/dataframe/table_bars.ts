/** Bars around the table: its tools, the search, and what is said of it. */
import { html, nothing, type TemplateResult } from "lit";
import { Plus, Search } from "lucide";
import { copyText } from "../../elements/parts/clipboard.ts";
import { save } from "../../elements/parts/files.ts";
import { fullscreenTool } from "../../elements/parts/fullscreen.ts";
import { glyph, icon } from "../../elements/parts/icons.ts";
import { amount, plural, t } from "../../words.ts";
import { textsOf } from "./edits.ts";
import { COMPARISONS } from "./order.ts";
import type { CellSelection } from "./selection.ts";
import { commaSeparated, tabbed } from "./separated.ts";
import type { TableEditing } from "./table_editing.ts";
import type { TableModel } from "./table_model.ts";

/** The element, as its bars see it. */
export interface BarredTable extends HTMLElement {
  readonly model: TableModel;
  readonly selection: CellSelection;
  readonly editing: TableEditing;
  readonly grid: HTMLElement | null;
  /** The name of the table. */
  readonly heading: string;
  readonly props: { readonly buttons: readonly string[]; readonly search: string };
  requestUpdate(): void;
}

const COPIED = t("Copied.");
const NOTE_MS = 3_000;

export class TableBars {
  private readonly table: BarredTable;
  private note = "";

  constructor(table: BarredTable) {
    this.table = table;
  }

  tools(): TemplateResult | typeof nothing {
    const { editing, model, selection, props } = this.table;
    const has = (name: string): boolean => props.buttons.includes(name);
    const tools = [];
    if (editing.canAddRow) tools.push(tool(glyph(Plus), t("Add a row"), () => editing.addRow(model.rows.count)));
    if (editing.canDeleteRow && selection.range)
      tools.push(tool(icon("trash"), t("Delete the selected rows"), () => editing.deleteRows()));
    if (has("copy"))
      tools.push(tool(icon(this.note === COPIED ? "check" : "copy"), t("Copy"), () => void this.copy(true)));
    if (has("download")) tools.push(tool(icon("download"), t("Download as CSV"), () => void this.download()));
    if (has("fullscreen")) tools.push(...fullscreenTool(() => this.table.querySelector(".ms-table"), "ms-small"));
    return tools.length > 0 ? html`<span class="ms-table-tools">${tools}</span>` : nothing;
  }

  /** The search, filters and the state; nothing where there is none of it. */
  bar(): TemplateResult | typeof nothing {
    const { model, props } = this.table;
    const hasSearch = props.search !== "none";
    if (!hasSearch && !this.status()) return nothing;
    const { filters } = model.ordering;
    const drop = (at: number): void => model.arrange({ filters: filters.toSpliced(at, 1) });
    return html`<div class="ms-table-bar">
      ${hasSearch ? this.search() : nothing}
      ${filters.map(
        (
          { column, comparison, text },
          at,
        ) => html`<button class="ms-filter" type="button" title=${t("Remove this filter")} @click=${() => drop(at)}>
          ${model.value.headers[column]} ${COMPARISONS[comparison]} ${text} <span aria-hidden="true">×</span></button>`,
      )}
      <span role="status">${this.status()}</span>
    </div>`;
  }

  private search(): TemplateResult {
    const { model, heading } = this.table;
    const onInput = (event: Event): void => model.arrange({ search: (event.target as HTMLInputElement).value });
    return html`${glyph(Search)}<input
      class="ms-input" type="search" aria-label=${t("Search {name}", { name: heading })} placeholder=${t("Search")} .value=${model.ordering.search} @input=${onInput}
    />`;
  }

  private status(): string {
    const { model, props } = this.table;
    if (model.problem) return model.problem;
    if (model.isLoading) return t("Loading all rows…");
    if (this.note) return this.note;
    if (props.search === "none") return "";
    const { search, filters } = model.ordering;
    return search || filters.length > 0
      ? plural("{shown} of {count} row", "{shown} of {count} rows", model.rows.count, { shown: amount(model.count) })
      : plural("{count} row", "{count} rows", model.rows.count);
  }

  /** Shows a sentence for a while. */
  say(note: string): void {
    this.note = note;
    this.table.requestUpdate();
    setTimeout(() => {
      if (this.note === note) this.note = "";
      this.table.requestUpdate();
    }, NOTE_MS);
  }

  private async download(): Promise<void> {
    const { model, heading } = this.table;
    const all = await model.shown();
    const texts = [[...model.value.headers], ...textsOf(all, 0, model.width - 1)];
    save(new Blob(["\ufeff", commaSeparated(texts)], { type: "text/csv" }), `${heading}.csv`);
  }

  /** Copies what is selected, or, by the button and with at most one cell selected, the whole table. */
  async copy(isByButton: boolean): Promise<void> {
    const { model, selection, grid } = this.table;
    const range = selection.range;
    const isOne = !range || (range.top === range.bottom && range.left === range.right);
    const all = await model.shown();
    const texts =
      !range || (isByButton && isOne)
        ? [[...model.value.headers], ...textsOf(all, 0, model.width - 1)]
        : textsOf(all.slice(range.top, range.bottom + 1), range.left, range.right);
    if (await copyText(tabbed(texts))) this.say(COPIED);
    grid?.focus({ preventScroll: true });
  }
}

function tool(face: TemplateResult, name: string, press: () => void): TemplateResult {
  return html`<button class="ms-tool ms-small" type="button" title=${name} @click=${press}>${face}<span class="ms-sr">${name}</span></button>`;
}
