import { render } from "lit";
import { PanelLeft, PanelRight } from "lucide";
import { emit, FIRE } from "../constants.ts";
import type { Container, Fill, LayoutPart } from "../elements/parts/container.ts";
import { customElement } from "../elements/parts/define.ts";
import { glyph, icon } from "../elements/parts/icons.ts";
import type { Node, Props } from "../manifest.ts";
import "../styles/sidebar.css";

/** Up to this width of the window it lies over the page. */
const NARROW = "(max-width: 768px)";

/** A panel at the side of the page: the page makes room for it, or lies under it where there is too little. */
@customElement("ms-sidebar")
export class Sidebar extends HTMLElement implements Container {
  private readonly button = document.createElement("button");
  private readonly panel = document.createElement("aside");
  private readonly backdrop = document.createElement("div");
  private readonly narrow = matchMedia(NARROW);
  private readonly observer = new ResizeObserver(() => this.makeRoom());
  private number = -1;
  private side = "left";
  /** As the app, or its user, wants it beside the page; over the page it is closed at first. */
  private isOpen = true;
  private isOver = false;
  private aside: Element[] = [];

  hold(node: Node, fill: Fill): ReadonlyMap<number, LayoutPart> {
    this.number = node.id;
    this.button.type = "button";
    this.panel.id = `ms-${node.id}-sidebar`;
    this.panel.tabIndex = -1;
    this.button.setAttribute("aria-controls", this.panel.id);
    this.button.addEventListener("click", () => this.choose(!this.isShown));
    this.backdrop.addEventListener("click", () => this.choose(false));
    this.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.isOver && this.isShown) this.choose(false);
    });
    this.panel.append(...fill(node));
    this.append(this.button, this.backdrop, this.panel);
    return new Map();
  }

  apply({ label, position, width, open }: Props, changed: Props): void {
    this.side = position === "right" ? "right" : "left";
    this.dataset["side"] = this.side;
    for (const element of [this.panel, this.button]) element.setAttribute("aria-label", String(label));
    this.panel.style.setProperty("--ms-side-width", String(width));
    if ("open" in changed) this.turn(open !== false);
    else this.show();
  }

  chosen(): Props {
    return { open: this.isOpen };
  }

  connectedCallback(): void {
    this.narrow.addEventListener("change", this.onWidth);
    this.observer.observe(this.panel);
    this.observer.observe(this.button);
    this.onWidth();
  }

  disconnectedCallback(): void {
    this.narrow.removeEventListener("change", this.onWidth);
    this.observer.disconnect();
    this.reach(true);
    this.app?.style.removeProperty(`--ms-${this.side}`);
  }

  private get app(): HTMLElement | null {
    return document.querySelector<HTMLElement>(".ms-app");
  }

  /** True if its content is seen. */
  private get isShown(): boolean {
    return this.hasAttribute("data-open");
  }

  private readonly onWidth = (): void => {
    this.isOver = this.narrow.matches;
    this.toggleAttribute("data-over", this.isOver);
    this.toggleAttribute("data-open", this.isOpen && !this.isOver);
    this.show();
  };

  /** The user opens or closes it. */
  private choose(isOpen: boolean): void {
    this.turn(isOpen);
    if (this.isOver) (isOpen ? this.panel : this.button).focus();
    emit(this, FIRE, { component: this.number, event: isOpen ? "expand" : "collapse" });
  }

  private turn(isOpen: boolean): void {
    if (!this.isOver) this.isOpen = isOpen;
    this.toggleAttribute("data-open", isOpen);
    this.show();
  }

  private show(): void {
    this.button.setAttribute("aria-expanded", String(this.isShown));
    const folded = this.side === "left" ? PanelLeft : PanelRight;
    render(this.isOver && this.isShown ? icon("close") : glyph(folded), this.button);
    this.reach(!(this.isOver && this.isShown));
    this.makeRoom();
  }

  /** Has the page keep clear of it, which is as wide as it is now: nothing while it is hidden, or lies over the page. */
  private makeRoom(): void {
    const { offsetWidth } = this.isShown ? this.panel : this.button;
    this.app?.style.setProperty(`--ms-${this.side}`, this.isOver ? "0px" : `${offsetWidth}px`);
  }

  /** Lets the user reach what lies under it, or not. */
  private reach(isReached: boolean): void {
    for (const element of this.aside.splice(0)) element.removeAttribute("inert");
    if (isReached) return;
    for (let at: Element = this; at.parentElement?.closest(".ms-page"); at = at.parentElement) {
      this.aside.push(...[...at.parentElement.children].filter((each) => each !== at && !each.hasAttribute("inert")));
    }
    for (const element of this.aside) element.setAttribute("inert", "");
  }
}
