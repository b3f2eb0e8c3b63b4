/** The attributes that every node of the page has, component or container: id, classes, visibility and width. */
import type { Props } from "../../manifest.ts";
import { length } from "./styled.ts";

export interface Dress {
  elem_id?: string | null;
  elem_classes?: readonly string[];
  visible?: boolean | "hidden";
  scale?: number | null;
  min_width?: number | null;
}

const NAMES: readonly string[] = ["elem_id", "elem_classes", "visible", "scale", "min_width"] satisfies (keyof Dress)[];

/** True if any of some properties are common attributes. */
export function isDress(props: object): boolean {
  return NAMES.some((name) => name in props);
}

const worn = new WeakMap<HTMLElement, readonly string[]>();

/** Sets the common attributes of `element`; called again with other props, it removes the previous ones. */
export function dress(element: HTMLElement, props: Dress): void {
  if (props.elem_id) element.id = props.elem_id;
  else element.removeAttribute("id");
  const classes = props.elem_classes ?? [];
  element.classList.remove(...(worn.get(element) ?? []));
  element.classList.add(...classes);
  worn.set(element, classes);
  element.hidden = props.visible === false || props.visible === "hidden";
  element.classList.toggle("ms-fixed", props.scale === 0);
  setOrRemove(element, "--ms-scale", props.scale ?? null);
  setOrRemove(element, "--ms-min-width", props.min_width == null ? null : `${props.min_width}px`);
}

/** Sets the height of a container as the app wants it: what is higher scrolls, by the keyboard too. */
export function limitHeight(element: HTMLElement, props: Props): void {
  const { height, max_height: most, min_height: least } = props as Record<string, number | string | null>;
  const scrolls = Boolean(height || most);
  if (scrolls !== (element.style.overflow === "auto")) element.tabIndex = scrolls ? 0 : -1;
  const sizes = { height, "max-height": most, "min-height": least, overflow: scrolls ? "auto" : null };
  for (const [name, size = null] of Object.entries(sizes)) setOrRemove(element, name, length(size));
}

function setOrRemove(element: HTMLElement, name: string, value: string | number | null): void {
  if (value === null) element.style.removeProperty(name);
  else element.style.setProperty(name, String(value));
}
