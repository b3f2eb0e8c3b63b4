/** HTML of a template, shown in place. */

import { setAside } from "../../elements/parts/safe_html.ts";
import { morph } from "./morph.ts";

const ASIDE = "data-ms-style";

/** Shows `text` in `body`; returns the rules of its style sheets, which the security policy would refuse there. */
export function showIn(body: Element, text: string): string {
  const template = document.createElement("template");
  template.innerHTML = setAside(text);
  const rules = [...template.content.querySelectorAll("style")].map((style) => {
    style.remove();
    return style.textContent ?? "";
  });
  const styled = new Map([...body.querySelectorAll(`[${ASIDE}]`)].map((each) => [each, each.getAttribute(ASIDE)]));
  morph(body, template.content);
  for (const element of body.querySelectorAll<HTMLElement>(`[${ASIDE}]`)) {
    const style = element.getAttribute(ASIDE) ?? "";
    if (styled.get(element) !== style) element.style.cssText = style;
  }
  return rules.join("\n");
}
