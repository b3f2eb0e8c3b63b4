import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { EDIT, emit } from "../constants.ts";
import { addressOf } from "../manifest.ts";
import { t } from "../words.ts";
import { Leaf, type LeafProps } from "./base.ts";
import { customElement } from "./parts/define.ts";
import { icon } from "./parts/icons.ts";

/** One value in a row; empty for an input that the example leaves unchanged. */
interface Cell {
  text?: string;
  picture?: unknown;
  sound?: unknown;
}

interface ExamplesProps extends LeafProps {
  value: readonly (readonly Cell[])[] | null;
  headers: readonly string[];
  names: readonly string[] | null;
  per_page: number;
  /** Null for a table of more than one column. */
  is_table?: boolean | null;
  /** True if the app is told which row was chosen, as a value. */
  chooses?: boolean;
}

/** Rows of values for the inputs: a table, or tiles where each example has one value or a name. */
@customElement("ms-examples")
export class Examples extends Leaf<ExamplesProps> {
  @state() private page = 0;
  /** Address of the audio being played. */
  @state() private heard = "";
  private player: HTMLAudioElement | null = null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.player?.pause();
  }

  protected override render(): TemplateResult {
    const { value, headers, names, per_page: size } = this.props;
    const rows = value ?? [];
    const first = Math.min(this.page, Math.ceil(rows.length / size) - 1) * size;
    const shown = rows.slice(first, first + size).map((cells, index) => ({ cells, index: first + index }));
    const isTable = this.props.is_table ?? (names === null && headers.length > 1);
    return html`
      ${this.captioned ? html`<div class="ms-caption" id=${this.control}>${this.props.label}</div>` : nothing}
      ${
        isTable
          ? this.table(shown)
          : html`<ul class="ms-tiles" aria-label=${this.name}>${shown.map((row) => html`<li>${this.tile(row)}</li>`)}</ul>`
      }
      ${rows.length > size ? this.pages(Math.ceil(rows.length / size)) : nothing}${this.notes()}
    `;
  }

  private table(rows: Row[]): TemplateResult {
    return html`<div class="ms-examples"><table aria-label=${this.name}>
      <thead><tr>${this.props.headers.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${rows.map((row) => html`<tr>${row.cells.map((cell, column) => this.column(row, cell, column))}</tr>`)}</tbody>
    </table></div>`;
  }

  /** The first cell of a row holds its button, which CSS stretches over the row. */
  private column(row: Row, cell: Cell, column: number): TemplateResult {
    const body = this.body(cell);
    return html`<td>${column === 0 ? this.button(row, body, this.nameOf(row)) : body}${this.listen(cell)}</td>`;
  }

  private tile(row: Row): TemplateResult {
    const name = this.props.names?.[row.index];
    const cell = row.cells.find(({ picture }) => picture) ?? row.cells[0] ?? {};
    const body = name === undefined ? this.body(cell) : html`<span>${name}</span>`;
    return html`${this.button(row, body, name ?? this.nameOf(row))}${this.listen(cell)}`;
  }

  private button(row: Row, body: TemplateResult, name: string): TemplateResult {
    const isOff = this.props.interactive === false;
    return html`<button
      class="ms-example" type="button" aria-label=${name} ?disabled=${isOff} @click=${() => this.choose(row.index)}
    >${body}</button>`;
  }

  private body({ text, picture }: Cell): TemplateResult {
    const address = addressOf(picture);
    return address
      ? html`<img src=${address} alt=${text ?? ""} loading="lazy" />`
      : html`<span class="ms-words">${text ?? ""}</span>`;
  }

  private nameOf({ cells, index }: Row): string {
    const words = cells.map(({ text }) => text).filter(Boolean);
    return words.length > 0 ? words.join(", ") : t("Example {number}", { number: index + 1 });
  }

  private listen({ text, sound }: Cell): TemplateResult | typeof nothing {
    const address = addressOf(sound);
    if (!address) return nothing;
    const isHeard = this.heard === address;
    const pause = text ? t("Pause {name}", { name: text }) : t("Pause");
    const play = text ? t("Play {name}", { name: text }) : t("Play");
    const name = isHeard ? pause : play;
    return html`<button class="ms-tool ms-listen" type="button" title=${name} @click=${() => this.play(isHeard ? "" : address)}>
      ${icon(isHeard ? "pause" : "play")}<span class="ms-sr">${name}</span>
    </button>`;
  }

  private pages(count: number): TemplateResult {
    const turn = (page: number): void => {
      this.page = page;
    };
    return html`<nav class="ms-pages" aria-label=${t("{name}: pages", { name: this.name })}>${Array.from(
      { length: count },
      (_, page) =>
        html`<button type="button" aria-label=${t("Page {number}", { number: page + 1 })} aria-current=${page === this.page ? "page" : nothing} @click=${() => turn(page)}>${page + 1}</button>`,
    )}</nav>`;
  }

  private choose(index: number): void {
    const { value, chooses } = this.props;
    const words = value?.[index]?.map(({ text }) => text ?? "") ?? [];
    if (chooses) emit(this, EDIT, { component: this.component, value, wire: index });
    this.fire("select", { index, value: this.props.names?.[index] ?? words.join(", "), selected: true });
    if (chooses) this.fire("click");
  }

  /** Plays one clip at a time; none for an empty address. */
  private play(address: string): void {
    this.player?.pause();
    this.heard = address;
    if (!address) return;
    const player = new Audio(address);
    this.player = player;
    const end = (): void => {
      if (this.player === player) this.heard = "";
    };
    player.addEventListener("ended", end);
    player.play().catch(end);
  }
}

interface Row {
  cells: readonly Cell[];
  index: number;
}
