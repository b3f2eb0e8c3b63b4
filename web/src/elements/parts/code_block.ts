/** Blocks of code, which come with the HTML of the text around them: their colours, and the button that copies one. */

import { emit, NEED } from "../../constants.ts";
import { highlight, MAX_COLOURED } from "../../highlight/highlight.ts";
import { t } from "../../words.ts";
import { copyText } from "./clipboard.ts";

const COPIED_MS = 1500;
/** The most characters of code coloured in one text; each word of a growing reply colours it again. */
const MOST_COLOURED = 2 * MAX_COLOURED;

/** Asks for the look of what few texts have: blocks of code, and lists of tasks. */
export function askLook(text: Element): void {
  if (customElements.get("ms-codeblocks") || !text.querySelector(".ms-code, .ms-task")) return;
  emit(text, NEED, { type: "codeblocks" });
}

/** Colours the code in freshly rendered HTML. */
export function colourCode(text: ParentNode): void {
  let left = MOST_COLOURED;
  for (const block of text.querySelectorAll('.ms-code code[class^="language-"]')) {
    const code = block.textContent ?? "";
    left -= code.length;
    if (left < 0) return;
    if (block.childElementCount === 0) colour(block, code, block.className.slice("language-".length).toLowerCase());
  }
}

function colour(block: Element, code: string, language: string): void {
  const nodes: (Node | string)[] = [];
  let at = 0;
  for (const { kind, start, end } of highlight(code, language)) {
    if (start > at) nodes.push(code.slice(at, start));
    const word = document.createElement("span");
    word.className = `ms-c-${kind}`;
    word.textContent = code.slice(start, end);
    nodes.push(word);
    at = end;
  }
  if (nodes.length === 0) return;
  block.replaceChildren();
  for (const node of nodes) block.append(node);
  if (at < code.length) block.append(code.slice(at));
}

/** Copies the code whose button was clicked, and says so; ignores any other click. */
export async function copyCode(event: Event): Promise<void> {
  const button = (event.target as Element).closest<HTMLElement>(".ms-copy-code");
  const code = button?.closest(".ms-code")?.querySelector("code")?.textContent;
  if (!button || code == null) return;
  if (!(await copyText(code))) return;
  button.textContent = t("Copied");
  setTimeout(() => {
    button.textContent = t("Copy");
  }, COPIED_MS);
}
