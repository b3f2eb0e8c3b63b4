import { html, nothing, render } from "lit";
import type { Container, LayoutPart, PartMaker, RenderPlace } from "../elements/parts/container.ts";
import { customElement } from "../elements/parts/define.ts";
import { errorText } from "../elements/parts/error_text.ts";
import { icon } from "../elements/parts/icons.ts";
import { progress } from "../elements/parts/run.ts";
import { type Node, type Props, within } from "../manifest.ts";
import type { RunView } from "../states.ts";
import "../styles/rendered.css";

/** Moves an element without disturbing what it shows, where the browser can. */
type Moving = HTMLElement & { moveBefore?(element: Element, before: Element | null): void };

/** The place of a render: what was declared last is in it, and as much of what was there before as there still is. */
@customElement("ms-rendered")
export class RenderedElement extends HTMLElement implements Container, RenderPlace {
  private readonly state = document.createElement("div");
  private readonly body = document.createElement("div");
  private nodes: readonly Node[] = [];
  private problem = "";
  private current: RunView | null = null;

  hold(): ReadonlyMap<number, LayoutPart> {
    this.append(this.state, this.body);
    return new Map();
  }

  apply({ row }: Props): void {
    this.body.className = row === true ? "ms-row" : "ms-column";
  }

  /** The run of the render, while there is one. */
  get run(): RunView | null {
    return this.current;
  }

  set run(run: RunView | null) {
    this.current = run;
    this.tell();
  }

  show(nodes: readonly Node[], maker: PartMaker, problem: string): void {
    this.problem = problem;
    this.body.inert = false;
    this.toggleAttribute("data-rests", false);
    const focused = document.activeElement;
    new Patch(maker, this.nodes).fill(this.body, nodes, this.nodes);
    if (focused !== document.activeElement && focused instanceof HTMLElement && this.contains(focused)) focused.focus();
    this.nodes = nodes;
    this.tell();
  }

  rest(): void {
    if (this.nodes.length === 0) return;
    this.nodes = [];
    this.body.inert = true;
    this.toggleAttribute("data-rests", true);
  }

  private tell(): void {
    const { problem } = this;
    const why = html`<p class="ms-problem ms-failed" role="alert">${icon("error")} <span>${errorText(problem)}</span></p>`;
    render(html`${progress(this.current)}${problem ? why : nothing}`, this.state);
    this.toggleAttribute("aria-busy", this.current?.state === "running");
    this.toggleAttribute("data-empty", this.body.childElementCount === 0 && !problem);
  }
}

/** One change of what a render shows. Elements that stay are not even moved, if their order is the same. */
class Patch {
  private readonly maker: PartMaker;
  private readonly before: Map<number, Node>;
  /** Plain boxes of the level that is being filled, which may serve again. */
  private spare: Node[] = [];

  constructor(maker: PartMaker, before: readonly Node[]) {
    this.maker = maker;
    this.before = new Map(within(before).map((node) => [node.id, node]));
  }

  /** Has `body` show the parts of `nodes`, in the place of those of `before`. */
  fill(body: Moving, nodes: readonly Node[], before: readonly Node[]): void {
    const { maker } = this;
    const outside = { spare: this.spare, reuse: maker.reuse };
    const staying = new Set(nodes.map(({ id }) => id));
    this.spare = before.filter(({ id }) => maker.parts.get(id)?.isPlain && !staying.has(id));
    maker.reuse = (node) => this.kept(node) ?? this.served(node);
    const shown = nodes.map((node) => maker.make(node).element);
    Object.assign(this, { spare: outside.spare });
    maker.reuse = outside.reuse;
    arrange(body, shown);
  }

  /** The part of a node that was there before, and is the same. */
  private kept(node: Node): LayoutPart | null {
    const [old, part] = [this.before.get(node.id), this.maker.parts.get(node.id)];
    if (!old || !part) return null;
    if (!node.children) return part;
    if (!part.body) return this.rebuilt(node, part);
    return this.refilled(part, node, old);
  }

  /** A plain box in the same place as another was. */
  private served(node: Node): LayoutPart | null {
    const at = node.children ? this.spare.findIndex(({ type }) => type === node.type) : -1;
    const old = at < 0 ? undefined : this.spare[at];
    if (!old) return null;
    this.spare.splice(0, at + 1);
    const part = this.maker.parts.get(old.id) as LayoutPart;
    this.maker.parts.delete(old.id);
    return this.refilled(part, node, old);
  }

  private refilled(part: LayoutPart, node: Node, old: Node): LayoutPart {
    part.apply({ ...node.props, ...part.chosen?.() });
    this.fill(part.body as HTMLElement, node.children ?? [], old.children ?? []);
    return part;
  }

  /** A container that arranges its children by itself: a new one, as its user has left it. */
  private rebuilt(node: Node, part: LayoutPart): LayoutPart {
    const { maker } = this;
    const chosen = part.chosen?.() ?? {};
    maker.parts.delete(node.id);
    return maker.make({ ...node, props: { ...node.props, ...chosen } });
  }
}

/** Has an element hold these, in this order. */
function arrange(body: Moving, shown: readonly HTMLElement[]): void {
  let at = body.firstElementChild;
  for (const element of shown) {
    if (element === at) {
      at = at.nextElementSibling;
    } else if (body.moveBefore && element.isConnected && body.isConnected) body.moveBefore(element, at);
    else body.insertBefore(element, at);
  }
  while (at) {
    const next = at.nextElementSibling;
    at.remove();
    at = next;
  }
}
