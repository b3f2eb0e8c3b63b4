/** A cell as it is shown, by the type of its column. */
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { icon } from "../../elements/parts/icons.ts";
import { t } from "../../words.ts";
import { htmlContent } from "./html_cell.ts";
import { cellText, shownText, type TableCell, type TableKind } from "./table.ts";

export interface CellLook {
  cell: TableCell | undefined;
  kind: TableKind;
  /** The HTML that the server made of it; null for none. */
  rendered: TableCell | undefined;
  /** The text that is shown in its place; null for none. */
  display: string | null | undefined;
  /** The most characters that are shown; null for all. */
  most: number | null;
  /** The name of a checkbox that can be clicked; null for one that only shows. */
  checkbox: string | null;
  toggle: () => void;
}

const ADDRESS = /^(https?:\/\/|data:image\/(png|jpeg|jpg|webp|gif|bmp|avif)[;,])/i;

export function cellContent(look: CellLook): TemplateResult | string {
  const { cell, kind, rendered, display } = look;
  if (display !== null && display !== undefined) return shortened(display, look.most);
  if (typeof rendered === "string" && rendered !== "") {
    return html`<div class="ms-prose" ${htmlContent(rendered)}></div>`;
  }
  if (kind === "bool" && (look.checkbox !== null || typeof cell === "boolean")) return checkbox(look);
  if (kind === "image" && typeof cell === "string" && ADDRESS.test(cell)) {
    return html`<img src=${cell} alt="" loading="lazy" draggable="false" />`;
  }
  return shortened(shownText(cell, kind), look.most);
}

function checkbox({ cell, checkbox: name, toggle }: CellLook): TemplateResult {
  if (name === null) {
    return cell === true
      ? html`<span class="ms-check">${icon("check")}<span class="ms-sr">${t("yes")}</span></span>`
      : html`<span class="ms-sr">${t("no")}</span>`;
  }
  return html`<input type="checkbox" tabindex="-1" aria-label=${name} .checked=${live(cell === true)} @change=${toggle} />`;
}

function shortened(text: string, most: number | null): string {
  return most !== null && text.length > most ? `${text.slice(0, most)}…` : text;
}

/** The whole text of a cell, where it may be cut. */
export function cellTitle({ cell, kind, display }: CellLook): string | typeof nothing {
  if (kind === "image" || kind === "bool") return nothing;
  return (display ?? (typeof cell === "number" ? String(cell) : cellText(cell))) || nothing;
}
