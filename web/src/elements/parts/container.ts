/** Containers of the page, and those of them that are elements of their own, in scripts of their own. */
import type { Node, Props } from "../../manifest.ts";

/** A node of the page, component or container, whose properties may change. */
export interface LayoutPart {
  readonly element: HTMLElement;
  /** The parts in it that the shell does not make: they change by numbers of their own. */
  readonly inner?: ReadonlyMap<number, LayoutPart>;
  /** The element that its children are in, one after the other; none if they are elsewhere. */
  readonly body?: HTMLElement;
  /** True if it is nothing beside its children, so that another one of its type may be shown by it. */
  readonly isPlain?: boolean;
  apply(props: Props): void;
  /** The properties that its user has changed. */
  chosen?(): Props;
}

/** Makes the children of a node. */
export type Fill = (node: Node) => HTMLElement[];

/** Makes parts from nodes, or gives those that are there. */
export interface PartMaker {
  readonly parts: Map<number, LayoutPart>;
  /** Gives the part to be used in the place of a new one; null for a new one. */
  reuse: (node: Node) => LayoutPart | null;
  make(node: Node): LayoutPart;
}

/** The place of a render. */
export interface RenderPlace extends HTMLElement {
  /** Shows these nodes instead of those before; or why there are none. */
  show(nodes: readonly Node[], maker: PartMaker, problem: string): void;
  /** Nobody is there who could act upon what is shown. */
  rest(): void;
}

/** A container that is an element: the shell makes its children, it arranges them. */
export interface Container extends HTMLElement {
  /** Arranges the children of its node; called once. Gives those that are not the shell's. */
  hold(node: Node, fill: Fill): ReadonlyMap<number, LayoutPart>;
  /** Takes all properties; `changed` are those that are new. */
  apply(props: Props, changed: Props): void;
  /** The properties that its user has changed. */
  chosen?(): Props;
}
