/** The latency on show: a badge on each component that streams. A script of its own, loaded when somebody looks. */

import type { LatencyView } from "../playback/latency_view.ts";
import { LatencyBadge } from "./badge.ts";
import styles from "./latency.css?inline";

const ANNOUNCEMENT = "The latency is shown on everything that streams. Alt+L hides it.";

export class LatencyDisplay {
  private readonly elementOf: (component: number) => HTMLElement | null;
  private readonly badges = new Map<number, LatencyBadge>();
  private readonly status = document.createElement("div");

  /** `elementOf` gives the element of a component; null if it shows no frames. */
  constructor(root: HTMLElement, elementOf: (component: number) => HTMLElement | null) {
    this.elementOf = elementOf;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    this.status.className = "ms-sr";
    this.status.setAttribute("role", "status");
    root.append(this.status);
  }

  /** Shows the newest figures of a component; with null its badge goes. */
  show(component: number, view: LatencyView | null): void {
    const element = this.elementOf(component);
    if (!view || !element) {
      this.badges.get(component)?.remove();
      this.badges.delete(component);
      return;
    }
    const found = this.badges.get(component);
    const badge = found ?? new LatencyBadge(element, component, nameOf(element));
    if (!found) this.badges.set(component, badge);
    badge.show(view);
  }

  /** Says that the visitor has switched it on: there may be nothing to see yet. */
  announce(): void {
    this.status.textContent = ANNOUNCEMENT;
  }

  /** The visitor has switched it off. */
  clear(): void {
    this.status.textContent = "";
    for (const badge of this.badges.values()) badge.remove();
    this.badges.clear();
  }
}

function nameOf(element: HTMLElement): string {
  const { props } = element as { props?: { label?: string | null } };
  return props?.label || "this component";
}
