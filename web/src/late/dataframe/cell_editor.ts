/** The field in which a cell, or a header, is edited. */
import { html, nothing, type TemplateResult } from "lit";
import { t } from "../../words.ts";
import type { CellPlace } from "./selection.ts";
import { cellText, type TableCell, type TableKind, typedCell } from "./table.ts";

/** Where the user goes on after an edit. */
export type Onward = "stay" | "down" | "up" | "right" | "left";

export interface EditorEvents {
  /** The user is done: a text that does not fit is refused with a sentence. */
  commit(text: string, onward: Onward): string;
  cancel(): void;
}

const NUMBER = t("A number, such as 3.5, or nothing.");
const TRUTH = t("Yes or no, or nothing.");

/** One edit: from the first key until it is committed or given up. */
export class CellEditor {
  readonly place: CellPlace;
  readonly problem: string = "";
  private readonly kind: TableKind;
  private readonly text: string;
  private readonly isTyped: boolean;
  private readonly events: EditorEvents;
  private isOver = false;
  private hasFocus = false;

  /** `typed` is the key that began it and replaces what was there; empty if the text is to be changed. */
  constructor(place: CellPlace, cell: TableCell | undefined, kind: TableKind, typed: string, events: EditorEvents) {
    this.place = place;
    this.kind = kind;
    this.isTyped = typed !== "";
    this.text = typed || cellText(cell);
    this.events = events;
  }

  /** True if it is the editor of a cell. */
  isAt(row: number, column: number): boolean {
    return this.place.row === row && this.place.column === column;
  }

  view(name: string): TemplateResult {
    const isLong = this.text.includes("\n") || this.kind === "markdown" || this.kind === "html";
    const isDay = this.kind === "date" && !this.isTyped && /^(\d{4}-\d\d-\d\d)?$/.test(this.text);
    if (isLong) {
      return html`<textarea
        class="ms-cell-field" rows="3" aria-label=${name} .value=${this.text}
        @keydown=${this.onKey} @blur=${this.onBlur} @paste=${stop}
      ></textarea>`;
    }
    return html`<input
      class="ms-cell-field" type=${isDay ? "date" : "text"} aria-label=${name} .value=${this.text}
      inputmode=${this.kind === "number" ? "decimal" : nothing} autocomplete="off" spellcheck="false"
      @keydown=${this.onKey} @blur=${this.onBlur} @paste=${stop} @input=${this.onInput}
    />`;
  }

  /** Takes the focus, once. */
  focus(field: HTMLInputElement | HTMLTextAreaElement | null): void {
    if (this.hasFocus || !field) return;
    this.hasFocus = true;
    field.focus({ preventScroll: true });
    if (this.isTyped && field.type !== "date") field.setSelectionRange(field.value.length, field.value.length);
    else field.select();
  }

  private readonly onInput = (event: Event): void => {
    const field = event.target as HTMLInputElement;
    field.setCustomValidity("");
    field.removeAttribute("aria-invalid");
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.isComposing) return;
    const onward = onwardOf(event, event.target instanceof HTMLTextAreaElement);
    if (event.key === "Escape") {
      event.preventDefault();
      this.isOver = true;
      this.events.cancel();
    } else if (onward) {
      event.preventDefault();
      this.commit(event.target as HTMLInputElement, onward);
    }
  };

  /** A text that does not fit is dropped when the user goes elsewhere: there is nobody to be told. */
  private readonly onBlur = (event: Event): void => {
    if (this.isOver) return;
    this.isOver = true;
    if (this.events.commit((event.target as HTMLInputElement).value, "stay")) this.events.cancel();
  };

  private commit(field: HTMLInputElement, onward: Onward): void {
    const problem = this.events.commit(field.value, onward);
    this.isOver = problem === "";
    if (!problem) return;
    field.setAttribute("aria-invalid", "true");
    field.setCustomValidity?.(problem);
    field.reportValidity?.();
  }
}

function onwardOf({ key, shiftKey, altKey }: KeyboardEvent, isLong: boolean): Onward | null {
  if (key === "Enter" && (!isLong || !(shiftKey || altKey))) return shiftKey ? "up" : "down";
  if (key === "Tab") return shiftKey ? "left" : "right";
  if (isLong) return null;
  return key === "ArrowDown" ? "down" : key === "ArrowUp" ? "up" : null;
}

function stop(event: Event): void {
  event.stopPropagation();
}

/** The cell that a text means, or the sentence that says why it means none. */
export function readCell(text: string, kind: TableKind, isStrict: boolean): { cell: TableCell } | { problem: string } {
  const cell = typedCell(text, kind, isStrict);
  return cell === undefined ? { problem: kind === "bool" ? TRUTH : NUMBER } : { cell };
}
