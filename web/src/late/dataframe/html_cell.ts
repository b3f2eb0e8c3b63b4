/** HTML of the server in a cell, which it has made harmless. */
import { nothing } from "lit";
import { AsyncDirective } from "lit/async-directive.js";
import { directive, type ElementPart, type PartInfo, PartType } from "lit/directive.js";
import { forget, show } from "../../elements/parts/safe_html.ts";

class HtmlContent extends AsyncDirective {
  private element: Element | null = null;
  private shown = "";

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error("htmlContent() stands in the tag itself");
  }

  override render(_text: string): typeof nothing {
    return nothing;
  }

  override update(part: ElementPart, [text]: [string]): typeof nothing {
    this.element = part.element;
    if (text !== this.shown) show(part.element, text);
    this.shown = text;
    return nothing;
  }

  protected override disconnected(): void {
    if (this.element) forget(this.element);
    this.shown = "";
  }
}

/** `<div ${htmlContent(text)}>`: the element's content is this HTML. */
export const htmlContent = directive(HtmlContent);
