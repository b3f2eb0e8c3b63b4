import { html, render } from "lit";
import type { Leaf, LeafProps } from "../elements/base.ts";
import type { AddOn } from "../elements/parts/add_ons.ts";
import { customElement } from "../elements/parts/define.ts";
import { close, open, watch } from "../elements/parts/popover.ts";
import { type } from "../elements/parts/typed_text.ts";
import { highlightedAs } from "../highlight/editor_languages.ts";
import { languageOf } from "../highlight/languages.ts";
import "../styles/codewords.css";
import { t } from "../words.ts";

interface EditorProps extends LeafProps {
  language: string | null;
}

const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/gu;
const UNFINISHED = /[\p{L}_$][\p{L}\p{N}_$]+$/u;
/** The most characters of a text whose words are offered, and the most words in the list. */
const MOST_READ = 100_000;
const MOST_OFFERED = 50;

/** Words that complete the one at the cursor of an editor: those of its language, and those of its text. */
@customElement("ms-codewords")
export class CodeWords extends HTMLElement implements AddOn<Leaf<EditorProps>> {
  private readonly list = document.createElement("ul");
  private leaf: Leaf<EditorProps> | null = null;
  private field: HTMLTextAreaElement | null = null;
  private found: readonly string[] = [];
  /** The word that Enter takes, by its place in the list; none below 0. */
  private active = -1;
  private isTaking = false;
  private unwatch: (() => void) | null = null;

  show(leaf: Leaf<EditorProps>): void {
    if (!this.leaf) this.begin(leaf);
    const field = leaf.querySelector("textarea");
    if (field === this.field) return;
    this.field = field;
    field?.setAttribute("aria-autocomplete", "list");
    field?.setAttribute("aria-controls", this.list.id);
    this.close();
  }

  disconnectedCallback(): void {
    this.close();
    for (const name of ["aria-autocomplete", "aria-controls"]) this.field?.removeAttribute(name);
    const { leaf } = this;
    leaf?.removeEventListener("input", this.onInput);
    leaf?.removeEventListener("keydown", this.onKey, { capture: true });
    leaf?.removeEventListener("focusout", this.close);
    leaf?.removeEventListener("pointerdown", this.close);
    [this.leaf, this.field] = [null, null];
  }

  private begin(leaf: Leaf<EditorProps>): void {
    this.leaf = leaf;
    this.list.className = "ms-list ms-codewords";
    this.list.id = `ms-${leaf.component}-words`;
    this.list.popover = "manual";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", t("Choices"));
    this.append(this.list);
    leaf.addEventListener("input", this.onInput);
    // Before the editor's own keys: Enter and Tab take a word while the list is open.
    leaf.addEventListener("keydown", this.onKey, { capture: true });
    leaf.addEventListener("focusout", this.close);
    leaf.addEventListener("pointerdown", this.close);
  }

  private readonly onInput = async (event: Event): Promise<void> => {
    if (this.isTaking || !this.leaf || (event as InputEvent).isComposing) return;
    const isTyped = (event as InputEvent).inputType === "insertText";
    if (!isTyped && this.found.length === 0) return;
    await this.leaf.updateComplete; // the lines, by which the list finds its place
    this.offer();
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (this.found.length === 0 || event.isComposing) return;
    if (!this.press(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  /** Acts on a key; true if it was ours. */
  private press(key: string): boolean {
    if (key === "ArrowDown" || key === "ArrowUp") return this.move(key === "ArrowDown" ? 1 : -1);
    if ((key === "Enter" || key === "Tab") && this.active >= 0) return this.take(this.found[this.active] ?? "");
    if (key.length > 1 && key !== "Backspace" && key !== "Shift") this.close();
    return key === "Escape";
  }

  private move(by: number): true {
    const count = this.found.length;
    this.active = (Math.max(this.active, by > 0 ? -1 : 0) + by + count) % count;
    this.draw();
    return true;
  }

  private readonly close = (): void => {
    [this.found, this.active] = [[], -1];
    this.unwatch?.();
    this.unwatch = null;
    this.draw();
    close(this.list);
  };

  /** Offers what completes the word before the cursor. */
  private offer(): void {
    const { field, leaf } = this;
    const word = field ? unfinished(field) : "";
    this.found = leaf && field && word ? completions(word, field, leaf.props.language) : [];
    const anchor = this.found.length > 0 && leaf ? anchorOf(leaf, field, word.length) : null;
    if (!anchor) {
      this.close();
      return;
    }
    // Enter after a word that is whole ends the line.
    this.active = wordsOf(leaf?.props.language ?? null).includes(word) ? -1 : 0;
    this.draw();
    open(this.list, anchor, false);
    this.unwatch ??= watch(({ target }) => {
      if (target !== this.list) this.close();
    });
  }

  private take(word: string): true {
    const { field } = this;
    if (field) {
      const begin = unfinished(field);
      this.isTaking = true;
      // Only what differs is typed: what undoes it leaves the cursor where it was.
      const same = word.startsWith(begin) ? begin.length : 0;
      if (same === 0) field.setSelectionRange(field.selectionStart - begin.length, field.selectionStart);
      type(field, word.slice(same));
      this.isTaking = false;
    }
    this.close();
    return true;
  }

  private draw(): void {
    const { list, active, field } = this;
    const rows = this.found.map(
      (word, at) => html`<li
        id="${list.id}-${at}" role="option" aria-selected=${at === active} ?data-active=${at === active}
        @pointerdown=${(event: Event) => {
          event.preventDefault();
          event.stopPropagation();
          this.take(word);
        }}
      >${word}</li>`,
    );
    render(rows, list);
    if (active >= 0) field?.setAttribute("aria-activedescendant", `${list.id}-${active}`);
    else field?.removeAttribute("aria-activedescendant");
    list.querySelector("[data-active]")?.scrollIntoView({ block: "nearest" });
  }
}

/** The word that ends at the cursor, of two characters at least; empty within a word, or with a selection. */
function unfinished({ value, selectionStart: at, selectionEnd: end }: HTMLTextAreaElement): string {
  if (at !== end || /^[\p{L}\p{N}_$]/u.test(value.slice(at))) return "";
  return UNFINISHED.exec(value.slice(Math.max(0, at - 100), at))?.[0] ?? "";
}

function wordsOf(language: string | null): string[] {
  const syntax = languageOf(highlightedAs(language));
  return syntax ? [...syntax.keywords, ...syntax.constants] : [];
}

function completions(word: string, field: HTMLTextAreaElement, language: string | null): string[] {
  const at = field.selectionStart;
  const around = `${field.value.slice(0, at - word.length)} ${field.value.slice(at)}`.slice(0, MOST_READ);
  const known = new Set([...wordsOf(language), ...(around.match(WORD) ?? [])]);
  const begin = word.toLowerCase();
  const found = [...known].filter((each) => each !== word && each.toLowerCase().startsWith(begin));
  return found.sort((a, b) => a.localeCompare(b)).slice(0, MOST_OFFERED);
}

/** The beginning of the word at the cursor, where it is drawn. */
function anchorOf(leaf: HTMLElement, field: HTMLTextAreaElement | null, length: number): Range | null {
  const before = field?.value.slice(0, field.selectionStart - length).split("\n") ?? [];
  const line = leaf.querySelectorAll(".ms-lines > div")[before.length - 1];
  if (!line) return null;
  let left = before.at(-1)?.length ?? 0;
  const texts = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode() as Text | null; text; text = texts.nextNode() as Text | null) {
    if (left < text.length) {
      const range = document.createRange();
      range.setStart(text, left);
      range.setEnd(text, left + 1);
      return range;
    }
    left -= text.length;
  }
  return null;
}
