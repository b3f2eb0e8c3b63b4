/** A tree by keyboard, as the ARIA pattern has it: one item is in the tab order, and the arrows go from item to item. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

const ITEM = '[role="treeitem"]';

/** Moves among the items that `host` has rendered, in the order in which they stand; a closed item's are not rendered. */
export class TreeKeys implements ReactiveController {
  private current: HTMLElement | null = null;

  constructor(
    private readonly host: ReactiveControllerHost & HTMLElement,
    /** Opens or closes an item; only called where that is possible. */
    private readonly toggle: (item: HTMLElement) => void,
  ) {
    host.addController(this);
  }

  hostUpdated(): void {
    const { items } = this;
    const kept = this.current !== null && items.includes(this.current) ? this.current : (items[0] ?? null);
    this.current = kept;
    for (const item of items) item.tabIndex = item === kept ? 0 : -1;
  }

  readonly onFocus = (event: FocusEvent): void => {
    const item = (event.target as Element).closest<HTMLElement>(ITEM);
    if (!item || item === this.current) return;
    if (this.current) this.current.tabIndex = -1;
    item.tabIndex = 0;
    this.current = item;
  };

  readonly onKey = (event: KeyboardEvent): void => {
    const item = (event.target as Element).closest<HTMLElement>(ITEM);
    if (!item || event.target !== item || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1, Home: Number.NEGATIVE_INFINITY, End: Number.POSITIVE_INFINITY }[
      event.key
    ];
    if (step !== undefined) this.move(item, step);
    else if (event.key === "ArrowRight") this.inwards(item);
    else if (event.key === "ArrowLeft") this.outwards(item);
    else if (event.key === "Enter" || event.key === " ") item.click();
    else return;
    event.preventDefault();
  };

  private get items(): HTMLElement[] {
    return [...this.host.querySelectorAll<HTMLElement>(ITEM)];
  }

  private move(item: HTMLElement, step: number): void {
    const { items } = this;
    const at = Math.min(Math.max(items.indexOf(item) + step, 0), items.length - 1);
    items[at]?.focus();
  }

  private inwards(item: HTMLElement): void {
    if (isOpen(item) === false) this.toggle(item);
    else if (isOpen(item)) this.move(item, 1);
  }

  private outwards(item: HTMLElement): void {
    if (isOpen(item)) {
      this.toggle(item);
      return;
    }
    const { items } = this;
    const before = items.slice(0, items.indexOf(item)).reverse();
    before.find((each) => levelOf(each) < levelOf(item))?.focus();
  }
}

/** Null for an item that does not open. */
function isOpen(item: HTMLElement): boolean | null {
  const expanded = item.getAttribute("aria-expanded");
  return expanded === null ? null : expanded === "true";
}

function levelOf(item: HTMLElement): number {
  return Number(item.getAttribute("aria-level"));
}
