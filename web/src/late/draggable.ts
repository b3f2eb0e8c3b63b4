import { render } from "lit";
import { GripVertical } from "lucide";
import type { Container, Fill, LayoutPart } from "../elements/parts/container.ts";
import { customElement } from "../elements/parts/define.ts";
import { glyph } from "../elements/parts/icons.ts";
import type { Node, Props } from "../manifest.ts";
import { t } from "../words.ts";
import "../styles/draggable.css";

const STEPS: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

/** A row or column whose parts the user moves: by their handles, or with the arrow keys on one. */
@customElement("ms-draggable")
export class Draggable extends HTMLElement implements Container {
  private readonly said = document.createElement("span");

  hold(node: Node, fill: Fill): ReadonlyMap<number, LayoutPart> {
    this.said.className = "ms-sr";
    this.said.setAttribute("role", "status");
    this.append(...fill(node).map((child) => this.movable(child)), this.said);
    return new Map();
  }

  apply({ orientation }: Props): void {
    this.dataset["orientation"] = orientation === "row" ? "row" : "column";
  }

  private get items(): Element[] {
    return [...this.children].filter((each) => each !== this.said);
  }

  private movable(child: HTMLElement): HTMLElement {
    const [item, handle] = [document.createElement("div"), document.createElement("button")];
    item.className = "ms-movable";
    handle.type = "button";
    handle.className = "ms-tool ms-handle";
    handle.setAttribute("aria-label", t("Move"));
    handle.title = t("Drag to move; the arrow keys do, too");
    render(glyph(GripVertical), handle);
    handle.addEventListener("keydown", (event) => this.onKey(event, item));
    handle.addEventListener("pointerdown", (event) => this.grab(event, item, handle));
    item.append(handle, child);
    return item;
  }

  private onKey(event: KeyboardEvent, item: Element): void {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const other = this.items[this.items.indexOf(item) + step];
    if (other) this.move(item, other, event.target);
  }

  private grab(event: PointerEvent, item: Element, handle: HTMLElement): void {
    if (event.button !== 0) return;
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    item.toggleAttribute("data-moving", true);
    const onMove = ({ clientX, clientY }: PointerEvent): void => {
      const over = this.items.find((each) => each !== item && isWithin(each.getBoundingClientRect(), clientX, clientY));
      if (over && this.isPast(over, item, clientX, clientY)) this.move(item, over, handle);
    };
    const onEnd = (): void => {
      item.removeAttribute("data-moving");
      handle.removeEventListener("pointermove", onMove);
    };
    handle.addEventListener("pointermove", onMove);
    handle.addEventListener("lostpointercapture", onEnd, { once: true });
  }

  /** True once the pointer is so far over another one that the two would not change back at the next movement. */
  private isPast(over: Element, item: Element, x: number, y: number): boolean {
    const [its, own] = [over.getBoundingClientRect(), item.getBoundingClientRect()];
    const isRow = this.dataset["orientation"] === "row" && Math.abs(its.top - own.top) < its.height / 2;
    const isLater = this.items.indexOf(over) > this.items.indexOf(item);
    if (isRow) return isLater ? x > its.right - own.width : x < its.left + own.width;
    return isLater ? y > its.bottom - own.height : y < its.top + own.height;
  }

  /** Puts an item where another one is, which moves on. The item itself stays: a frame or a video in it would restart. */
  private move(item: Element, other: Element, handle: EventTarget | null): void {
    const [from, to] = [this.items.indexOf(item), this.items.indexOf(other)];
    const passed = from < to ? this.items.slice(from + 1, to + 1) : this.items.slice(to, from);
    if (from < to) item.before(...passed);
    else item.after(...passed);
    this.said.textContent = t("Place {number} of {count}", { number: to + 1, count: this.items.length });
    if (handle instanceof HTMLElement) handle.focus();
  }
}

function isWithin({ left, right, top, bottom }: DOMRect, x: number, y: number): boolean {
  return x >= left && x <= right && y >= top && y <= bottom;
}
