/** The tree of the page: containers are plain elements made from the manifest, its leaves are ours (`elements/`). */
import { render } from "lit";
import { emit, FIRE } from "../constants.ts";
import type { Leaf, LeafProps } from "../elements/base.ts";
import { type Dress, dress, isDress, limitHeight } from "../elements/parts/common_props.ts";
import type { Container, Fill, LayoutPart, PartMaker } from "../elements/parts/container.ts";
import { icon } from "../elements/parts/icons.ts";
import type { ComponentDeclaration, Manifest, Node, Props } from "../manifest.ts";
import type { RunView } from "../states.ts";
import { occasions } from "./occasions.ts";
import { Tabs } from "./tabs.ts";

type Make = (node: Node) => LayoutPart;

/** Makes the parts of the page, all those of the manifest and those of renders, by their numbers. */
export class Builder implements PartMaker {
  readonly parts = new Map<number, LayoutPart>();
  reuse: PartMaker["reuse"] = () => null;
  private readonly manifest: Manifest;
  private listens = new Map<number, Set<string>>();
  private occasions = new Map<number, string>();

  constructor(manifest: Manifest) {
    this.manifest = manifest;
  }

  /** Looks at the manifest, of which parts are to be made. */
  look(): void {
    this.listens = new Map();
    for (const [component, event] of this.manifest.bindings.flatMap((binding) => binding.targets)) {
      this.listens.set(component, (this.listens.get(component) ?? new Set()).add(event));
    }
    this.occasions = occasions(this.manifest);
  }

  readonly make: Make = (node) => {
    const { id } = node;
    const declared = this.manifest.components[id];
    const part =
      this.reuse(node) ??
      (declared ? leaf(id, declared, this.listens.get(id), this.occasions.get(id)) : container(node, this.make));
    this.parts.set(id, part);
    for (const [each, inner] of part.inner ?? []) this.parts.set(each, inner);
    return part;
  };
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
      if ("value" in changed) element.isEmptied = false;
      element.props = { ...element.props, ...changed };
      if (isDress(changed)) dress(element, element.props);
    },
  };
}

function container(node: Node, make: Make): LayoutPart {
  const fill: Fill = (child) => (child.children ?? []).map((each) => make(each).element);
  if (node.type === "tabs") return new Tabs(node, fill);
  if (node.type === "accordion") return accordion(node, fill);
  const element = document.createElement(`ms-${node.type}`);
  return "hold" in element ? held(element as Container, node, fill) : box(node, fill);
}

/** A container with an element of its own. */
function held(element: Container, node: Node, fill: Fill): LayoutPart {
  const inner = element.hold(node, fill);
  const chosen = (): Props => element.chosen?.() ?? {};
  return { ...dressed(element, node, (props, changed) => element.apply(props, changed)), inner, chosen };
}

/** Row, column, group: a box with its children in it. */
function box(node: Node, fill: Fill): LayoutPart {
  const element = document.createElement("div");
  element.append(...fill(node));
  const part = dressed(element, node, (props) => {
    element.classList.add(`ms-${node.type}`);
    element.classList.toggle("ms-equal", props["equal_height"] === true);
    for (const variant of ["panel", "compact"]) {
      element.classList.toggle(`ms-variant-${variant}`, props["variant"] === variant);
    }
    limitHeight(element, props);
    if (props["show_progress"] === true && !("run" in element)) showRuns(element);
  });
  return { ...part, body: element, isPlain: true };
}

/** Has a box show that a run is about to change it, as components do: the style sheet draws the line. */
function showRuns(element: HTMLElement): void {
  let shown: RunView | null = null;
  const set = (run: RunView | null): void => {
    shown = run;
    element.ariaBusy = run?.state === "waiting" || run?.state === "running" ? "true" : null;
  };
  Object.defineProperty(element, "run", { get: () => shown, set });
}

/** A part with the common attributes, whose `apply` gets all properties whenever some change. */
function dressed(element: HTMLElement, node: Node, apply: (props: Props, changed: Props) => void): LayoutPart {
  let props: Props = {};
  const part = {
    element,
    apply: (changed: Props): void => {
      props = { ...props, ...changed };
      dress(element, props as Dress);
      apply(props, changed);
    },
  };
  part.apply(node.props ?? {});
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
  const tell = (isOpen: boolean): void => {
    emit(element, FIRE, { component: node.id, event: isOpen ? "expand" : "collapse" });
  };
  summary.addEventListener("click", () => tell(!element.open));
  const part = dressed(element, node, (props, { open }) => {
    title.textContent = String(props["label"] ?? "");
    limitHeight(panel, props);
    // The user's own opening and closing lasts until the app says something of it.
    if (open === undefined || element.open === (open !== false)) return;
    element.open = open !== false;
    if (element.isConnected) tell(element.open); // not of how it is at first
  });
  return { ...part, body: panel };
}
