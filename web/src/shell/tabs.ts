/** Tabs: one panel in front. The strip is one stop of the Tab key; arrows move within it (the tabs pattern of ARIA). */
import { emit, FIRE } from "../constants.ts";
import { go, named, nameIn } from "../elements/parts/address.ts";
import { type Dress, dress, limitHeight } from "../elements/parts/common_props.ts";
import type { Node, Props } from "../manifest.ts";

/** A container of the page whose children are `tab` nodes; each of them can be changed by its own number too. */
export class Tabs {
  readonly element = document.createElement("div");
  /** By number. */
  readonly inner = new Map<number, Tab>();
  private readonly list = document.createElement("div");
  private current: Tab | null = null;
  /** The one in front of a page whose address names none. */
  private initial: Tab | null = null;
  private readonly id: number;
  private props: Props;

  /** `fill` makes the children of a tab. */
  constructor(node: Node, fill: (node: Node) => HTMLElement[]) {
    this.id = node.id;
    this.props = node.props ?? {};
    this.element.className = "ms-tabs";
    this.list.className = "ms-tablist";
    this.list.setAttribute("role", "tablist");
    this.list.addEventListener("keydown", (event) => this.onKey(event));
    this.element.append(this.list);
    for (const [index, child] of (node.children ?? []).entries()) {
      const tab = new Tab(child, index, fill(child), () => this.settle());
      tab.button.addEventListener("click", () => this.pick(tab));
      this.inner.set(child.id, tab);
      this.list.append(tab.button);
      this.element.append(tab.panel);
    }
    this.apply({ ...this.props });
    this.initial = this.current;
    this.follow();
    window.addEventListener("popstate", () => this.follow());
  }

  apply(changed: Props): void {
    this.props = { ...this.props, ...changed };
    dress(this.element, this.props as Dress);
    this.list.style.flexWrap = this.props["overflow_behavior"] === "wrap" ? "wrap" : "";
    const wanted = changed["selected"];
    const before = this.current;
    if (wanted != null) this.current = this.all.find((tab) => tab.key === wanted) ?? before;
    this.settle();
    if (before && wanted != null) this.tell(before, ["change"]);
  }

  chosen(): Props {
    return { selected: this.current?.key };
  }

  private get all(): Tab[] {
    return [...this.inner.values()];
  }

  /** Shows the current tab, or the first that can be shown. */
  private settle(): void {
    if (!this.current?.isOpen) this.current = this.all.find((tab) => tab.isOpen) ?? null;
    for (const tab of this.all) tab.show(tab === this.current);
  }

  private pick(tab: Tab): void {
    const before = this.current;
    this.current = tab;
    this.settle();
    if (tab !== before)
      go(
        tab === this.initial ? "" : this.nameOf(tab),
        this.all.map((each) => this.nameOf(each)),
      );
    this.tell(before, ["select", "change"]);
  }

  /** Shows the tab that the page's address names. */
  private follow(): void {
    const names = named();
    const before = this.current;
    this.current = this.all.find((tab) => names.includes(this.nameOf(tab))) ?? this.initial;
    if (this.current === before) return;
    this.settle();
    if (this.element.isConnected) this.tell(before, ["select", "change"]);
  }

  private nameOf({ key, button }: Tab): string {
    return nameIn(this.id, typeof key === "string" ? key : (button.textContent ?? ""));
  }

  /** Fires the events of another tab in front. */
  private tell(before: Tab | null, events: readonly string[]): void {
    const tab = this.current;
    if (!tab || tab === before) return;
    const data = { index: this.all.indexOf(tab), value: tab.button.textContent, selected: true };
    emit(this.element, FIRE, { component: tab.id, event: "select", data });
    for (const event of events) emit(this.element, FIRE, { component: this.id, event, data });
  }

  private onKey(event: KeyboardEvent): void {
    const open = this.all.filter((tab) => tab.isOpen).sort((a, b) => Number(a.isRight) - Number(b.isRight));
    const at = this.current ? open.indexOf(this.current) : -1;
    const steps: { [key: string]: number } = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 };
    const to = steps[event.key];
    const tab = to === undefined ? undefined : open.at(to % open.length);
    if (!tab) return;
    event.preventDefault();
    tab.button.focus();
    tab.button.click();
  }
}

/** One tab: its button in the strip and its panel. */
class Tab {
  readonly id: number;
  readonly button = document.createElement("button");
  readonly panel = document.createElement("div");
  private props: Props;

  constructor(
    node: Node,
    private readonly index: number,
    children: HTMLElement[],
    private readonly changed: () => void,
  ) {
    this.id = node.id;
    this.props = node.props ?? {};
    this.button.type = "button";
    this.button.id = `ms-${node.id}-tab`;
    this.button.setAttribute("role", "tab");
    this.panel.className = "ms-panel";
    this.panel.setAttribute("role", "tabpanel");
    this.panel.setAttribute("aria-labelledby", this.button.id);
    this.panel.append(...children);
    this.wear();
  }

  /** The panel: the element that the tab's own classes are on. */
  get element(): HTMLElement {
    return this.panel;
  }

  /** The name of this one in `selected` of the tabs. */
  get key(): unknown {
    return this.props["id"] ?? this.index;
  }

  get isOpen(): boolean {
    return this.props["visible"] !== false && this.props["interactive"] !== false;
  }

  /** True if its button stands at the right end of the strip. */
  get isRight(): boolean {
    return this.props["alignment"] === "right";
  }

  apply(changed: Props): void {
    this.props = { ...this.props, ...changed };
    this.wear();
    this.changed();
  }

  show(isCurrent: boolean): void {
    this.panel.hidden = !isCurrent;
    this.button.setAttribute("aria-selected", String(isCurrent));
    this.button.tabIndex = isCurrent ? 0 : -1;
  }

  private wear(): void {
    dress(this.panel, this.props as Dress);
    limitHeight(this.panel, this.props);
    if (!this.panel.id) this.panel.id = `ms-${this.id}-panel`;
    this.button.setAttribute("aria-controls", this.panel.id);
    this.button.textContent = String(this.props["label"] ?? "");
    this.button.classList.toggle("ms-right", this.isRight);
    this.button.hidden = this.props["visible"] === false;
    this.button.disabled = this.props["interactive"] === false;
  }
}
