/** Keeps older results from replacing newer ones, property by property. Pure. */

import type { Props } from "../manifest.ts";

export class NewestWins {
  private readonly orders = new Map<string, number>();

  /** Claims a property of a component for the result `order`; false if a later result has it already. */
  claim(component: number | string, property: string, order: number): boolean {
    const key = `${component}.${property}`;
    if ((this.orders.get(key) ?? 0) > order) return false;
    this.orders.set(key, order);
    return true;
  }

  /** Claims the properties of `updates`; those that a later result has are left out. */
  filter(updates: { [component: string]: Props }, order: number): { [component: string]: Props } {
    const kept = Object.entries(updates).map(([component, props]): [string, Props] => [
      component,
      Object.fromEntries(Object.entries(props).filter(([property]) => this.claim(component, property, order))),
    ]);
    return Object.fromEntries(kept.filter(([, props]) => Object.keys(props).length > 0));
  }

  clear(): void {
    this.orders.clear();
  }
}
