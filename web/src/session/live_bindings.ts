/** The bindings of the page as they are now: those of the manifest, and those that renders bring and take away. Pure. */

import type { Binding, Props } from "../manifest.ts";
import type { Fire } from "../wire/messages.ts";
import { readsOf } from "./binding_inputs.ts";

/** Bindings that are gone and still known, because something that they have begun may go on. */
const MOST_RETIRED = 500;

export class LiveBindings {
  readonly known: Map<number, Binding>;
  /** The components that each event reads, by the number of its binding. */
  readonly reads: Map<number, ReadonlySet<number>>;
  private readonly retired = new Set<number>();

  constructor(bindings: readonly Binding[]) {
    this.known = new Map(bindings.map((binding) => [binding.id, binding]));
    this.reads = readsOf(bindings);
  }

  /** A render has run: these are all that there are now. */
  look(bindings: readonly Binding[]): void {
    for (const binding of bindings) this.known.set(binding.id, binding);
    for (const [id, reads] of readsOf(bindings)) this.reads.set(id, reads);
  }

  /** Nothing triggers these any more. */
  retire(ids: Iterable<number>): void {
    for (const id of ids) this.retired.add(id);
    for (const id of [...this.retired].slice(0, -MOST_RETIRED))
      for (const each of [this.known, this.reads, this.retired]) each.delete(id);
  }

  /** Those that an event may trigger. */
  get current(): Binding[] {
    return [...this.known.values()].filter(({ id }) => !this.retired.has(id));
  }

  /** True if an event asked for a binding that is to fill its outputs: that of no button which clears them. */
  fills(fire: Fire | undefined, propsOf: (component: number) => Props): boolean {
    const source = fire && this.known.get(fire.binding)?.targets[fire.target ?? 0]?.[0];
    return source !== undefined && !propsOf(source)["clears"];
  }

  /** True if a binding is there, and not only what it has begun. */
  has(id: number): boolean {
    return this.known.has(id) && !this.retired.has(id);
  }
}
