/** `<i ${styled({"--ms-part": 0.3})}>`: sets styles one by one, since the security policy refuses a `style` attribute. */
import { noChange } from "lit";
import { Directive, directive, type ElementPart, type PartInfo, PartType } from "lit/directive.js";

export type Styles = Record<string, string | number | null>;

class Styled extends Directive {
  private shown: Styles = {};

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error("styled() stands in the tag itself, as an attribute would");
  }

  override render(_styles: Styles): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [styles]: [Styles]): typeof noChange {
    const { style } = part.element as HTMLElement;
    for (const [name, value] of Object.entries(styles)) {
      // Not all browsers see that a property is set to what it is: the element would be styled, and perhaps laid out, anew.
      if (this.shown[name] === value) continue;
      if (value === null) style.removeProperty(name);
      else style.setProperty(name, String(value));
    }
    this.shown = styles;
    return noChange;
  }
}

export const styled = directive(Styled);

/** A length as CSS has it: a number is in pixels. */
export function length(value: number | string | null): string | null {
  return typeof value === "number" ? `${value}px` : (value ?? null);
}
