/**
 * Shows HTML that grows without touching what is there already: nodes that are equal stay, text is appended, and so the
 * user's selection, and whatever scrolls, stays where it was.
 */
import { colourCode } from "./code_block.ts";
import { forget, setAside, show } from "./safe_html.ts";

const ASIDE = "data-ms-style";

/** Makes `container` hold `text`, which is HTML from the server. */
export function patch(container: Element, text: string): void {
  if (/<style/i.test(text)) {
    show(container, text);
    colourCode(container);
    return;
  }
  forget(container);
  const template = document.createElement("template");
  template.innerHTML = setAside(text);
  for (const element of template.content.querySelectorAll<HTMLElement>(`[${ASIDE}]`)) {
    element.style.cssText = element.getAttribute(ASIDE) ?? "";
    element.removeAttribute(ASIDE);
  }
  // What scrolls can be reached with the keyboard.
  for (const block of template.content.querySelectorAll<HTMLElement>("pre, table")) block.tabIndex = 0;
  for (const link of template.content.querySelectorAll("a")) link.target = "_blank";
  colourCode(template.content);
  grow(container, template.content);
}

/** Makes the children of `old` those of `fresh`, from the first that differs on. */
function grow(old: Node, fresh: Node): void {
  const [before, now] = [[...old.childNodes], [...fresh.childNodes]];
  for (const [at, node] of now.entries()) {
    const known = before[at];
    if (!known) old.appendChild(node);
    else if (!known.isEqualNode(node)) replace(known, node);
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

/** True if two elements differ in nothing but their content. */
function isAlike(one: Element, other: Element): boolean {
  return one.cloneNode(false).isEqualNode(other.cloneNode(false));
}
