import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { copyText } from "../elements/parts/clipboard.ts";
import { customElement } from "../elements/parts/define.ts";
import { icon } from "../elements/parts/icons.ts";
import { progress } from "../elements/parts/run.ts";
import { length, styled } from "../elements/parts/styled.ts";
import { TreeKeys } from "../elements/parts/tree_keys.ts";
import { countOf, type DataRow, MOST_TEXT, opens, PORTION, preview, rowsOf, scalarText } from "./json/rows.ts";
import "../styles/json.css";
import { plural, t } from "../words.ts";

interface JsonProps extends LeafProps {
  value: unknown;
  open: boolean;
  show_indices: boolean;
  height: number | string | null;
  max_height: number | string | null;
  min_height: number | string | null;
  buttons: readonly string[];
}

const COPIED_MS = 1500;
/** The levels that are open at first. */
const OPEN_LEVELS = 2;

/** Data as a tree. A new value leaves open what was opened: places in it are known by their keys. */
@customElement("ms-json")
export class JsonTree extends Leaf<JsonProps> {
  @state() private copied = false;
  private readonly toggled = new Map<string, boolean>();
  private readonly shown = new Map<string, number>();
  private readonly whole = new Set<string>();
  private readonly keys = new TreeKeys(this, (item) => this.toggle(item.dataset["path"] ?? ""));

  protected override render(): TemplateResult {
    const { value, height, max_height, min_height } = this.props;
    const sides = { height: length(height), "max-height": length(max_height), "min-height": length(min_height) };
    return html`
      ${this.caption(this.copyButton())}
      <div class="ms-json" ${styled(sides)}>
        ${value === null || value === undefined ? html`<p class="ms-nothing">${t("No data")}</p>` : this.tree()}
      </div>
      ${progress(this.run)}${this.notes()}
    `;
  }

  private tree(): TemplateResult {
    const levels = this.props.open ? Number.POSITIVE_INFINITY : OPEN_LEVELS;
    const rows = rowsOf(this.props.value, levels, { toggled: this.toggled, shown: this.shown });
    return html`<div role="tree" aria-label=${this.name} id=${this.control} @keydown=${this.keys.onKey} @focusin=${this.keys.onFocus}>
      ${repeat(
        rows,
        (row) => (row.left > 0 ? `more ${row.path}` : row.path),
        (row) => (row.left > 0 ? this.more(row) : this.row(row)),
      )}
    </div>`;
  }

  private row(row: DataRow): TemplateResult {
    const { path, depth, key, value, isOpen } = row;
    const name = typeof key === "number" && !this.props.show_indices ? null : key;
    const label = name === null ? nothing : html`<span class="ms-key">${name}</span><span class="ms-colon">: </span>`;
    const mark = isOpen === null ? nothing : html`<span class="ms-twist">${icon("down")}</span>`;
    const press = isOpen === null ? nothing : () => this.toggle(path);
    return html`<div
      class="ms-datum" role="treeitem" aria-level=${depth + 1} aria-expanded=${isOpen ?? nothing} data-path=${path}
      ${styled({ "--ms-depth": depth })} @click=${press}
    >${mark}<span class="ms-entry">${label}${opens(value) ? folded(value, isOpen) : this.scalar(value, path)}</span></div>`;
  }

  private more({ path, depth, left }: DataRow): TemplateResult {
    const show = (): void => {
      this.shown.set(path, 3 * (this.shown.get(path) ?? PORTION));
      this.requestUpdate();
    };
    return html`<div
      class="ms-datum ms-rest" role="treeitem" aria-level=${depth + 1} ${styled({ "--ms-depth": depth })} @click=${show}
    >${plural("{count} more", "{count} more", left)}</div>`;
  }

  private scalar(value: unknown, path: string): TemplateResult {
    if (typeof value !== "string")
      return html`<span class=${value === null ? "ms-c-c" : "ms-c-m"}>${written(value)}</span>`;
    if (value.length <= MOST_TEXT || this.whole.has(path))
      return html`<span class="ms-c-s">${scalarText(value)}</span>`;
    const show = (event: Event): void => {
      event.stopPropagation();
      this.whole.add(path);
      this.requestUpdate();
    };
    const begin = JSON.stringify(value.slice(0, MOST_TEXT)).slice(0, -1);
    return html`<span class="ms-c-s">${begin}…</span>
      <button class="ms-all" type="button" tabindex="-1" @click=${show}>${plural("all {count} characters", "all {count} characters", value.length)}</button>`;
  }

  private toggle(path: string): void {
    const item = this.querySelector(`[data-path="${CSS.escape(path)}"]`);
    this.toggled.set(path, item?.getAttribute("aria-expanded") !== "true");
    this.requestUpdate();
  }

  private copyButton(): TemplateResult | typeof nothing {
    if (!this.props.buttons?.includes("copy") || this.props.value == null) return nothing;
    return html`<button class="ms-tool ms-small" type="button" title=${t("Copy")} @click=${this.copy}>
      ${icon(this.copied ? "check" : "copy")}<span class="ms-sr">${this.copied ? t("Copied") : t("Copy")}</span>
    </button>`;
  }

  private async copy(): Promise<void> {
    this.copied = await copyText(JSON.stringify(this.props.value, null, 2));
    setTimeout(() => {
      this.copied = false;
    }, COPIED_MS);
  }
}

/** A list or dict: its brackets if it is open, else as much of it as fits, and how much there is. */
function folded(value: object, isOpen: boolean | null): TemplateResult {
  if (isOpen) return html`<span class="ms-colon">${Array.isArray(value) ? "[]" : "{}"}</span>`;
  const { text, left } = preview(value);
  const count = left > 0 ? html` <span class="ms-count">${countOf(value)}</span>` : nothing;
  return html`<span class="ms-colon">${text}</span>${count}`;
}

/** A scalar, or an empty list or dict. */
function written(value: unknown): string {
  return typeof value === "object" && value !== null ? (Array.isArray(value) ? "[]" : "{}") : scalarText(value);
}
