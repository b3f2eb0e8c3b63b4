/** Brings elements up to date in place: those that stay keep their listeners, their focus and what was typed in them. */

/** The class of elements whose contents belong to others. */
export const OTHERS = "ms-children";

/** Makes the children of `old` like those of `fresh`, which is used up. */
export function morph(old: Node, fresh: Node): void {
  const [before, now] = [[...old.childNodes], [...fresh.childNodes]];
  for (const [at, node] of now.entries()) {
    const known = before[at];
    if (!known) old.appendChild(node);
    else if (known.nodeName !== node.nodeName) known.replaceWith(node);
    else if (known instanceof Element && node instanceof Element) renew(known, node);
    else if (known.nodeValue !== node.nodeValue) known.nodeValue = node.nodeValue;
  }
  for (const left of before.slice(now.length)) left.remove();
}

function renew(known: Element, node: Element): void {
  for (const { name } of [...known.attributes]) if (!node.hasAttribute(name)) drop(known, name);
  for (const { name, value } of node.attributes) if (known.getAttribute(name) !== value) put(known, name, value);
  if (!known.classList.contains(OTHERS)) morph(known, node);
}

/** The user's own entry gives way only to another value from the template. */
function put(known: Element, name: string, value: string): void {
  known.setAttribute(name, value);
  if (name === "value" && "value" in known) known.value = value;
  if (name === "checked" && "checked" in known) known.checked = true;
}

function drop(known: Element, name: string): void {
  // The style of an element is not the template's alone: a script may have set it.
  if (name === "style") return;
  known.removeAttribute(name);
  if (name === "checked" && "checked" in known) known.checked = false;
}
