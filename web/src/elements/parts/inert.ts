/**
 * HTML from the server, shown under a content security policy without `unsafe-inline`.
 *
 * The policy refuses `style` attributes and `<style>` elements that come out of a string, but not styles that a script
 * sets one by one: so they are taken out on the way, and set by hand.
 */

const TAG = /<[a-z](?:[^>"']|"[^"]*"|'[^']*')*>/gi;
/** Quoted values are matched to be passed over: what looks like an attribute in them is text. */
const STYLE = /"[^"]*"|'[^']*'|(?<=[\s"'/])style(?=\s*=)/gi;
const ASIDE = "data-ms-style";

const sheets = new WeakMap<Element, CSSStyleSheet>();

/** Replaces what `container` holds by `text`; its style sheets live until the next call or `forget`. */
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
}

/** Takes the style sheets of `container` off the page: for an element that leaves it. */
export function forget(container: Element): void {
  const sheet = sheets.get(container);
  if (sheet === undefined) return;
  sheets.delete(container);
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((adopted) => adopted !== sheet);
}

/** Renames `style` attributes: the policy speaks up as soon as one is parsed, wherever the nodes are. */
export function setAside(text: string): string {
  return text.replace(TAG, (tag) => tag.replace(STYLE, (found) => (/^["']/.test(found) ? found : ASIDE)));
}

function adopt(container: Element, rules: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rules);
  sheets.set(container, sheet);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
