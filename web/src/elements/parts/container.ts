/** Containers of the page, and those of them that are elements of their own, in scripts of their own. */
import type { Node, Props } from "../../manifest.ts";

/** A node of the page, component or container, whose properties may change. */
export interface LayoutPart {
  readonly element: HTMLElement;
  /** The parts in it that the shell does not make: they change by numbers of their own. */
  readonly inner?: ReadonlyMap<number, LayoutPart>;
  apply(props: Props): void;
}

/** Makes the children of a node. */
export type Fill = (node: Node) => HTMLElement[];

/** A container that is an element: the shell makes its children, it arranges them. */
export interface Container extends HTMLElement {
  /** Arranges the children of its node; called once. Gives those that are not the shell's. */
  hold(node: Node, fill: Fill): ReadonlyMap<number, LayoutPart>;
  /** Takes all properties; `changed` are those that are new. */
  apply(props: Props, changed: Props): void;
}
