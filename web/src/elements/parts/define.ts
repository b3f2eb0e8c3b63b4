/** Defines custom elements: once each, whichever of the page's scripts comes first. */

/**
 * Registers a class as the element `tag`, as the decorator of Lit does, unless the page has one already.
 *
 * The main script and the late elements each hold a copy of the parts that they share, so a part may come twice.
 */
export function customElement(tag: string): (kind: CustomElementConstructor) => void {
  return (kind) => {
    if (!customElements.get(tag)) customElements.define(tag, kind);
  };
}
