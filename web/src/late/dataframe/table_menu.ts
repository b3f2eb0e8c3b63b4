/** The menu of a column, or of rows, and the form of a filter: one list in the top layer. */
import { html, type TemplateResult } from "lit";
import { close, open } from "../../elements/parts/popover.ts";
import { t } from "../../words.ts";
import { COMPARISONS, type ColumnFilter, type Comparison } from "./order.ts";

export interface MenuEntry {
  name: string;
  press: () => void;
  /** True for one that begins a group. */
  isApart?: boolean;
}

export class TableMenu {
  private entries: readonly MenuEntry[] = [];
  private filter: ColumnFilter | null = null;
  private title = "";
  private applied: (filter: ColumnFilter | null) => void = () => {};
  private readonly host: HTMLElement & { requestUpdate(): void; updateComplete: Promise<boolean> };
  private readonly closed: () => void;

  /** Calls `closed` when the focus is to return to the table. */
  constructor(host: HTMLElement & { requestUpdate(): void; updateComplete: Promise<boolean> }, closed: () => void) {
    this.host = host;
    this.closed = closed;
  }

  /** Offers entries at an anchor. */
  offer(title: string, entries: readonly MenuEntry[], anchor: Element): void {
    if (entries.length === 0) return;
    [this.title, this.entries, this.filter] = [title, entries, null];
    this.show(anchor);
  }

  /** Asks for the filter of a column. */
  ask(title: string, filter: ColumnFilter, anchor: Element, applied: (filter: ColumnFilter | null) => void): void {
    [this.title, this.filter, this.applied, this.entries] = [title, filter, applied, []];
    this.show(anchor);
  }

  view(): TemplateResult {
    const { filter } = this;
    return html`<div
      class="ms-list ms-table-menu" popover="auto" role=${filter ? "dialog" : "menu"} aria-label=${this.title}
      @keydown=${this.onKey}
    >${filter ? this.form(filter) : this.entries.map((entry) => this.item(entry))}</div>`;
  }

  private get list(): HTMLElement | null {
    return this.host.querySelector(".ms-table-menu");
  }

  private show(anchor: Element): void {
    this.host.requestUpdate();
    void this.host.updateComplete.then(() => {
      if (!this.list) return;
      open(this.list, anchor, false);
      this.list.querySelector<HTMLElement>("button, select")?.focus();
    });
  }

  private item({ name, press, isApart }: MenuEntry): TemplateResult {
    const take = (): void => {
      this.hide();
      press();
    };
    return html`<button type="button" role="menuitem" tabindex="-1" ?data-apart=${isApart} @click=${take}>${name}</button>`;
  }

  private form(filter: ColumnFilter): TemplateResult {
    const apply = (event: Event): void => {
      event.preventDefault();
      const form = event.currentTarget as HTMLFormElement;
      const comparison = form.querySelector("select")?.value as Comparison;
      const text = form.querySelector("input")?.value ?? "";
      this.hide();
      this.applied({ ...filter, comparison, text });
    };
    const drop = (): void => {
      this.hide();
      this.applied(null);
    };
    return html`<form @submit=${apply}>
      <select class="ms-input" aria-label=${t("Comparison")} .value=${filter.comparison}>
        ${Object.entries(COMPARISONS).map(([name, words]) => html`<option value=${name} ?selected=${name === filter.comparison}>${words}</option>`)}
      </select>
      <input class="ms-input" type="text" aria-label=${t("Value")} .value=${filter.text} autocomplete="off" />
      <div><button class="ms-button ms-sm" type="button" @click=${drop}>${t("Remove")}</button><button class="ms-button ms-sm ms-primary">${t("Filter")}</button></div>
    </form>`;
  }

  private hide(): void {
    if (this.list) close(this.list);
    this.closed();
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === "Escape") this.hide();
    const items = [...(this.list?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (next === undefined || items.length === 0) return;
    event.preventDefault();
    items.at(next % items.length)?.focus();
  };
}
