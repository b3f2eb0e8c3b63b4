import { html, render } from "lit";
import type { AddOn } from "../elements/parts/add_ons.ts";
import { customElement } from "../elements/parts/define.ts";
import { icon } from "../elements/parts/icons.ts";
import "../styles/copytext.css";
import { t } from "../words.ts";

const COPIED_MS = 1500;

/** The button that copies a text as it is read: with its formatting for what takes that, and plain for the rest. */
@customElement("ms-copytext")
export class CopyText extends HTMLElement implements AddOn {
  private isCopied = false;
  private body: Element | null = null;

  show(markdown: Element): void {
    this.body = markdown.querySelector(".ms-prose");
    if (this.body && this.body.previousElementSibling !== this) this.body.before(this);
    this.draw();
  }

  private draw(): void {
    const name = this.isCopied ? t("Copied") : t("Copy");
    render(
      html`<button class="ms-tool ms-small" type="button" title=${name} @click=${() => this.copy()}>
        ${icon(this.isCopied ? "check" : "copy")}<span class="ms-sr">${name}</span>
      </button>`,
      this,
    );
  }

  /** Copies by a selection, which the browser turns into both forms, and which works over plain HTTP too. */
  private copy(): void {
    const selection = document.getSelection();
    if (!this.body || !selection) return;
    const before = selection.rangeCount > 0 ? selection.getRangeAt(0) : null;
    selection.selectAllChildren(this.body);
    this.isCopied = document.execCommand("copy");
    selection.removeAllRanges();
    if (before) selection.addRange(before);
    this.draw();
    setTimeout(() => {
      this.isCopied = false;
      this.draw();
    }, COPIED_MS);
  }
}
