/** Marks for tests. */
import { type Mark, MarkKind } from "../../src/overlay/marks.ts";

/** A box with these corners, in parts of the frame. */
export function box(corners: number[], more: Partial<Mark> = {}): Mark {
  const nothing = { label: null, score: null, id: null, color: null, mask: null, isClosed: false };
  return { kind: MarkKind.BOX, points: Float64Array.from(corners), edges: new Uint8Array(0), ...nothing, ...more };
}
