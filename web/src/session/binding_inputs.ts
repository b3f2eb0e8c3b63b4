/** Bindings as the session looks at them: which components an event reads, and which streams a component feeds. */

import type { Binding, Manifest } from "../manifest.ts";

/** The bindings whose streams a component feeds. */
export function streamsOf({ bindings }: Manifest, component: number): Binding[] {
  return bindings.filter(({ stream }) => stream?.component === component);
}

/**
 * Which components each event reads, by the number of its binding: its inputs, and those of what follows it, unless
 * something before has written them.
 */
export function readsOf(bindings: readonly Binding[]): Map<number, ReadonlySet<number>> {
  const followers = new Map<number, Binding[]>();
  for (const binding of bindings) {
    if (binding.after != null) followers.set(binding.after, [...(followers.get(binding.after) ?? []), binding]);
  }
  const collect = (binding: Binding, written: ReadonlySet<number>, reads: Set<number>): Set<number> => {
    for (const input of binding.inputs) if (!written.has(input)) reads.add(input);
    const since = new Set([...written, ...binding.outputs]);
    for (const follower of followers.get(binding.id) ?? []) collect(follower, since, reads);
    return reads;
  };
  return new Map(bindings.map((binding) => [binding.id, collect(binding, new Set(), new Set())]));
}
