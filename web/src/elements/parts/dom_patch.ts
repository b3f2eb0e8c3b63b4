/**
 * Shows growing HTML without touching what is already there: equal nodes stay and text is appended, so that the user's
 * selection and all scroll positions survive.
 */
import { askLook, colourCode } from "./code_block.ts";
import { askFormulas, isSameFormula } from "./formulas.ts";
import { forget, setAside, show } from "./safe_html.ts";

const ASIDE = "data-ms-style";

/** Shows `text`, which is HTML from the server, in `container`. */
export function patch(container: Element, text: string): void {
  if (/<style/i.test(text)) {
    show(container, text);
    colourCode(container);
    askLook(container);
    return;
  }
  forget(container);
  const template = document.createElement("template");
  template.innerHTML = setAside(text);
  for (const element of template.content.querySelectorAll<HTMLElement>(`[${ASIDE}]`)) {
    element.style.cssText = element.getAttribute(ASIDE) ?? "";
    element.removeAttribute(ASIDE);
  }
  // Scrollable content must be reachable with the keyboard.
  for (const block of template.content.querySelectorAll<HTMLElement>("pre, table")) block.tabIndex = 0;
  for (const link of template.content.querySelectorAll("a")) link.target = "_blank";
  colourCode(template.content);
  grow(container, template.content);
  askFormulas(container);
  askLook(container);
}

/** Replaces the children of `old` by those of `fresh`, from the first difference on. */
function grow(old: Node, fresh: Node): void {
  const [before, now] = [[...old.childNodes], [...fresh.childNodes]];
  for (const [at, node] of now.entries()) {
    const known = before[at];
    if (!known) old.appendChild(node);
    else if (!known.isEqualNode(node) && !isSameFormula(known, node)) replace(known, node);
  }
  for (const left of before.slice(now.length)) left.remove();
}

function replace(known: ChildNode, node: ChildNode): void {
  if (known instanceof Text && node instanceof Text) write(known, node.data);
  else if (known instanceof Element && node instanceof Element && isAlike(known, node)) grow(known, node);
  else known.replaceWith(node);
}

function write(known: Text, text: string): void {
  if (text.startsWith(known.data)) known.appendData(text.slice(known.data.length));
  else known.data = text;
}

/** True if two elements differ only in their content. */
function isAlike(one: Element, other: Element): boolean {
  return one.cloneNode(false).isEqualNode(other.cloneNode(false));
}
