/** The marks of a frame in words, for those who cannot see them. Pure. */

import type { Mark } from "./marks.ts";
import { MarkKind } from "./marks.ts";

/** Labels beyond these are summed up. */
const MOST_LABELS = 8;

/** "2 person, 1 dog"; "nothing marked" without marks. An object with a box and a mask counts once. */
export function summarise(marks: readonly Mark[]): string {
  const texts = marks.filter(({ kind, label }) => kind === MarkKind.TEXT && label).map(({ label }) => `“${label}”`);
  const counts = new Map<number, Map<string, number>>();
  for (const { kind, label } of marks) {
    if (kind === MarkKind.TEXT) continue;
    const ofKind = counts.get(kind) ?? new Map<string, number>();
    const name = label ?? "unnamed";
    counts.set(kind, ofKind.set(name, (ofKind.get(name) ?? 0) + 1));
  }
  const most = new Map<string, number>();
  for (const ofKind of counts.values())
    for (const [name, count] of ofKind) most.set(name, Math.max(most.get(name) ?? 0, count));
  if (most.size > 1) most.delete("unnamed"); // poses, say, of what has a labelled box
  const parts = [...most].map(([name, count]) => `${count} ${name}`).concat(texts);
  const more = parts.length > MOST_LABELS ? [`${parts.length - MOST_LABELS} more`] : [];
  return [...parts.slice(0, MOST_LABELS), ...more].join(", ") || "nothing marked";
}
