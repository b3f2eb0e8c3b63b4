/** Marks carried on from the last results to frames that have no result yet. Pure, the times are passed in. */

import type { Mark } from "./marks.ts";

/** The longest time for which marks go on moving; then they stand. */
const MOVING_US = 600_000;

/** Marks without a new result are not shown for longer than so many intervals of results, and this. */
const KEPT_INTERVALS = 3;
const KEPT_US = 500_000;

/** A mark without an identity that has moved by a larger part of the frame is taken for another one. */
const FARTHEST = 0.25;

interface TimedMarks {
  us: number;
  marks: readonly Mark[];
  byKey: ReadonlyMap<string, Mark>;
}

export class Carrying {
  private before: TimedMarks | null = null;
  private last: TimedMarks | null = null;
  /** The marks of the last result as they were in the one before. */
  private earlier: ReadonlyMap<Mark, Mark | undefined> = new Map();

  /** The marks of the frame that was captured at `us`. */
  add(marks: readonly Mark[], us: number): void {
    if (this.last && us <= this.last.us) return;
    this.before = this.last;
    this.last = { us, marks, byKey: keyed(marks) };
    this.earlier = new Map([...this.last.byKey].map(([key, mark]) => [mark, this.before?.byKey.get(key)]));
  }

  /** The marks as they are to be expected on the frame of `us`; none if the last result is too old to tell. */
  at(us: number): readonly Mark[] {
    const { last, before } = this;
    if (!last) return [];
    const [age, interval] = [us - last.us, before ? last.us - before.us : 0];
    if (age > KEPT_US + KEPT_INTERVALS * interval) return [];
    if (!before || age <= 0) return last.marks;
    const part = Math.min(age, MOVING_US) / interval;
    return last.marks.map((mark) => moved(mark, this.earlier.get(mark), part));
  }
}

/** The marks that can be told from each other: by identity, or by a label that only one of a kind has. */
function keyed(marks: readonly Mark[]): Map<string, Mark> {
  const found = new Map<string, Mark>();
  const repeated = new Set<string>();
  for (const mark of marks) {
    const key = mark.id === null ? `${mark.kind} label ${mark.label}` : `${mark.kind} id ${mark.id}`;
    if (found.has(key)) repeated.add(key);
    found.set(key, mark);
  }
  for (const key of repeated) found.delete(key);
  return found;
}

/** Moves each point on by a part of the way that it came. */
function moved(mark: Mark, earlier: Mark | undefined, part: number): Mark {
  if (!earlier || earlier.points.length !== mark.points.length) return mark;
  const ways = mark.points.map((value, at) => value - (earlier.points[at] as number));
  if (mark.id === null && ways.some((way) => Math.abs(way) > FARTHEST)) return mark;
  return { ...mark, points: mark.points.map((value, at) => value + (ways[at] as number) * part || value) };
}
