/** The tree of the page: containers are plain elements made from the manifest, its leaves are ours (`elements/`). */
import { render } from "lit";
import { emit, FIRE } from "../constants.ts";
import type { Leaf, LeafProps } from "../elements/base.ts";
import { type Dress, dress } from "../elements/parts/common_props.ts";
import { icon } from "../elements/parts/icons.ts";
import type { ComponentDeclaration, Manifest, Node, Props } from "../manifest.ts";
import { occasions } from "./occasions.ts";
import { Tabs } from "./tabs.ts";

/** A node of the page, component or container, whose properties may change. */
export interface LayoutPart {
  readonly element: HTMLElement;
  apply(props: Props): void;
}

type Make = (node: Node) => LayoutPart;

/** Builds everything under `manifest.root` into `page`; returns each node by its number. */
export function build(manifest: Manifest, page: HTMLElement): Map<number, LayoutPart> {
  const parts = new Map<number, LayoutPart>();
  const listens = new Map<number, Set<string>>();
  for (const [component, event] of manifest.bindings.flatMap((binding) => binding.targets)) {
    listens.set(component, (listens.get(component) ?? new Set()).add(event));
  }
  const occasion = occasions(manifest);
  const make: Make = (node) => {
    const declared = manifest.components[node.id];
    const part = declared
      ? leaf(node.id, declared, listens.get(node.id), occasion.get(node.id))
      : container(node, make);
    parts.set(node.id, part);
    if (part instanceof Tabs) for (const [id, tab] of part.tabs) parts.set(id, tab);
    return part;
  };
  page.append(...(manifest.root.children ?? []).map((child) => make(child).element));
  return parts;
}

function leaf(id: number, declared: ComponentDeclaration, listens = new Set<string>(), occasion = ""): LayoutPart {
  const { type, capabilities, props } = declared;
  const element = document.createElement(`ms-${type}`) as Leaf;
  element.component = id;
  element.listens = listens;
  element.occasion = occasion;
  element.capabilities = new Set(capabilities);
  element.props = props as unknown as LeafProps;
  dress(element, element.props);
  if (!customElements.get(element.localName)) {
    element.textContent = `No script has defined the element <${element.localName}>: the browser's console says why.`;
  }
  return {
    element,
    apply: (changed) => {
      element.props = { ...element.props, ...changed };
      dress(element, element.props);
    },
  };
}

function container(node: Node, make: Make): LayoutPart {
  const fill = (child: Node): HTMLElement[] => (child.children ?? []).map((each) => make(each).element);
  if (node.type === "tabs") return new Tabs(node, fill);
  return node.type === "accordion" ? accordion(node, fill) : box(node, fill);
}

type Fill = (node: Node) => HTMLElement[];

/** Row, column, group: a box with its children in it. */
function box(node: Node, fill: Fill): LayoutPart {
  const element = document.createElement("div");
  element.append(...fill(node));
  return dressed(element, node, (props) => {
    element.classList.add(`ms-${node.type}`);
    element.classList.toggle("ms-equal", props["equal_height"] === true);
    for (const variant of ["panel", "compact"]) {
      element.classList.toggle(`ms-variant-${variant}`, props["variant"] === variant);
    }
  });
}

/** A part with the common attributes, whose `apply` gets all properties whenever some change. */
function dressed(element: HTMLElement, node: Node, apply: (props: Props) => void): LayoutPart {
  let props = node.props ?? {};
  const part = {
    element,
    apply: (changed: Props): void => {
      props = { ...props, ...changed };
      dress(element, props as Dress);
      apply(props);
    },
  };
  part.apply({});
  return part;
}

function accordion(node: Node, fill: Fill): LayoutPart {
  const element = document.createElement("details");
  const summary = document.createElement("summary");
  const title = document.createElement("span");
  const panel = document.createElement("div");
  element.className = "ms-accordion";
  panel.className = "ms-panel";
  render(icon("down"), summary);
  summary.prepend(title);
  panel.append(...fill(node));
  element.append(summary, panel);
  summary.addEventListener("click", () => {
    emit(element, FIRE, { component: node.id, event: element.open ? "collapse" : "expand" });
  });
  let isOpen: unknown;
  return dressed(element, node, (props) => {
    title.textContent = String(props["label"] ?? "");
    // The user's own opening and closing lasts until the app changes it.
    if (isOpen !== props["open"]) element.open = props["open"] !== false;
    isOpen = props["open"];
  });
}
