/**
 * HTML from the server, shown under a content security policy without `unsafe-inline`.
 *
 * The policy refuses `style` attributes and `<style>` elements in a string, but not styles that a script sets one by one:
 * so they are removed from the HTML, and set by this script.
 */
import { askFormulas } from "./formulas.ts";

/** Quoted values are matched in order to skip them: anything like an attribute in them is text. */
const STYLE = /"[^"]*"|'[^']*'|(?<=[\s"'/])style(?=\s*=)/gi;
const ASIDE = "data-ms-style";

const sheets = new WeakMap<Element, CSSStyleSheet>();

/** Replaces the contents of `container` by `text`; its style sheets live until the next call or `forget`. */
export function show(container: Element, text: string): void {
  const template = document.createElement("template");
  template.innerHTML = setAside(text);
  const rules = [...template.content.querySelectorAll("style")].map((style) => {
    style.remove();
    return style.textContent ?? "";
  });
  const styled = template.content.querySelectorAll<HTMLElement | SVGElement>(`[${ASIDE}]`);
  forget(container);
  container.replaceChildren(template.content);
  for (const element of styled) {
    element.style.cssText = element.getAttribute(ASIDE) ?? "";
    element.removeAttribute(ASIDE);
  }
  if (rules.length > 0) adopt(container, rules.join("\n"));
  askFormulas(container);
}

/** Removes the style sheets of `container` from the page, for an element that leaves it. */
export function forget(container: Element): void {
  const sheet = sheets.get(container);
  if (sheet === undefined) return;
  sheets.delete(container);
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((adopted) => adopted !== sheet);
}

/** Renames `style` attributes: the policy reports each one that is parsed, wherever the nodes are. */
export function setAside(text: string): string {
  const parts: string[] = [];
  let at = 0;
  for (let begin = text.indexOf("<"); begin >= 0; begin = text.indexOf("<", Math.max(at, begin + 1))) {
    if (!/[a-z]/i.test(text[begin + 1] ?? "")) continue;
    const end = endOfTag(text, begin);
    if (end < 0) break; // no parser would make an element of it
    const tag = text.slice(begin, end).replace(STYLE, (found) => (/^["']/.test(found) ? found : ASIDE));
    parts.push(text.slice(at, begin), tag);
    at = end;
  }
  return [...parts, text.slice(at)].join("");
}

/** Finds the end of a tag in a single pass; -1 if it has none. */
function endOfTag(text: string, begin: number): number {
  let quote = "";
  let before = "";
  for (let at = begin + 1; at < text.length; at++) {
    const char = text[at] as string;
    if (quote) {
      if (char === quote) quote = "";
    } else if (char === ">") return at + 1;
    else if (before === "=" && (char === '"' || char === "'")) quote = char;
    if (char.trim() !== "") before = char;
  }
  return -1;
}

function adopt(container: Element, rules: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rules);
  sheets.set(container, sheet);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
