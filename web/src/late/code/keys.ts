/** The keys of an editor of code: Tab indents, Enter goes on at the same depth, Escape before Tab leaves. */
import { type } from "../../elements/parts/typed_text.ts";

const NARROW = new Set(["json", "html", "css", "javascript", "typescript", "yaml", "jinja2", "markdown"]);
const OPENING = /[{([:]\s*$/;

export class CodeKeys {
  private isLeaving = false;

  /** Handles a key in `field`, of code in `language`. */
  press(event: KeyboardEvent, field: HTMLTextAreaElement, language: string | null): void {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const unit = NARROW.has(language ?? "") ? "  " : "    ";
    if (event.key === "Tab" && !this.isLeaving) {
      event.preventDefault();
      if (event.shiftKey) indentLines(field, unit, false);
      else if (field.selectionStart === field.selectionEnd) type(field, unit);
      else indentLines(field, unit, true);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      type(field, `\n${depthAfter(field, unit)}`);
    }
    this.isLeaving = event.key === "Escape" || (this.isLeaving && event.key === "Shift");
  }
}

/** The indentation of a line that begins at the cursor. */
function depthAfter(field: HTMLTextAreaElement, unit: string): string {
  const before = field.value.slice(field.value.lastIndexOf("\n", field.selectionStart - 1) + 1, field.selectionStart);
  const depth = /^[ \t]*/.exec(before)?.[0] ?? "";
  return OPENING.test(before) ? depth + unit : depth;
}

/** Moves the selected lines in or out by one step. */
function indentLines(field: HTMLTextAreaElement, unit: string, isIn: boolean): void {
  const start = field.value.lastIndexOf("\n", field.selectionStart - 1) + 1;
  const lineEnd = field.value.indexOf("\n", Math.max(field.selectionEnd - 1, field.selectionStart));
  const end = lineEnd < 0 ? field.value.length : lineEnd;
  const lines = field.value.slice(start, end).split("\n");
  const moved = lines.map((line) => {
    if (isIn) return line && unit + line;
    return line.startsWith("\t") ? line.slice(1) : line.replace(new RegExp(`^ {1,${unit.length}}`), "");
  });
  const text = moved.join("\n");
  if (text === lines.join("\n")) return;
  field.setSelectionRange(start, end);
  type(field, text);
  if (lines.length > 1) field.setSelectionRange(start, start + text.length);
}
