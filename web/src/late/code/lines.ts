/** Code as lines in the page: one element for each, of which only those are made anew that have changed. */
import { highlightedAs } from "../../highlight/editor_languages.ts";
import { highlight } from "../../highlight/highlight.ts";

/** A stretch of a line: its text, and the class of its colour, empty for none. */
type ColouredText = readonly [text: string, kind: string];

export class CodeLines {
  /** The contents of each line, to be compared with the new ones. */
  private shown: string[] = [];

  constructor(private readonly target: HTMLElement) {}

  show(code: string, language: string | null): void {
    const lines = split(code, highlightedAs(language));
    const marks = lines.map((line) => JSON.stringify(line));
    for (let at = 0; at < lines.length; at++) {
      if (this.shown[at] === marks[at]) continue;
      const line = made(lines[at] as ColouredText[]);
      const before = this.target.children[at];
      if (before) before.replaceWith(line);
      else this.target.append(line);
    }
    while (this.target.children.length > lines.length) this.target.lastElementChild?.remove();
    this.shown = marks;
  }
}

/** Divides code into lines, and those into stretches of one colour. */
function split(code: string, language: string): ColouredText[][] {
  const lines: ColouredText[][] = [[]];
  const add = (text: string, kind: string): void => {
    const [first, ...rest] = text.split("\n");
    if (first) lines.at(-1)?.push([first, kind]);
    for (const next of rest) lines.push(next ? [[next, kind]] : []);
  };
  let at = 0;
  for (const { kind, start, end } of highlight(code, language)) {
    add(code.slice(at, start), "");
    add(code.slice(start, end), kind);
    at = end;
  }
  add(code.slice(at), "");
  return lines;
}

function made(stretches: readonly ColouredText[]): HTMLElement {
  const line = document.createElement("div");
  for (const [text, kind] of stretches) {
    if (!kind) {
      line.append(text);
      continue;
    }
    const word = document.createElement("span");
    word.className = `ms-c-${kind}`;
    word.textContent = text;
    line.append(word);
  }
  if (stretches.length === 0) line.append("\n");
  return line;
}
