/** Reads an overlay as it comes over the wire. Its twin, which says what is where, is `src/millstream/overlays/packed.py`. */

import { decode } from "@msgpack/msgpack";
import type { Mark, Overlay } from "./marks.ts";
import { readMask } from "./mask_runs.ts";

const UNIT = 16_384;
const ABSENT = -32_768;
const NO_LABEL = 65_535;
const NO_SCORE = 255;
const FULL_SCORE = 250;
const NO_ID = 2 ** 32 - 1;

/** kind, count, points, lengths, labels, scores, ids, colours, edges, closed, masks; a column may be empty. */
type PackedMarks = [
  number,
  number,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  boolean,
  Uint8Array[],
];

type PackedOverlay = [number, number, boolean, string[], PackedMarks[]];

/** Throws `RangeError` if it is broken. */
export function readOverlay(payload: Uint8Array): Overlay {
  const [width, height, interpolates, texts, groups] = decode(payload) as PackedOverlay;
  return { width, height, interpolates, marks: groups.flatMap((group) => readMarks(group, texts)) };
}

function readMarks(group: PackedMarks, texts: string[]): Mark[] {
  const [kind, count, packedPoints, packedLengths, labels, scores, ids, colors, edges, isClosed, masks] = group;
  const points = readPoints(packedPoints);
  const lengths = packedLengths.length > 0 ? numbers(packedLengths, 2) : null;
  const equal = points.length / 2 / Math.max(count, 1);
  const [labelOf, idOf] = [column(labels, 2, NO_LABEL), column(ids, 4, NO_ID)];
  const scoreOf = column(scores, 1, NO_SCORE);
  let end = 0;
  return Array.from({ length: count }, (_, at): Mark => {
    const begin = end;
    end += (lengths ? (lengths[at] ?? 0) : equal) * 2;
    if (end > points.length) throw new RangeError("an overlay has fewer points than it says");
    const [label, score] = [labelOf(at), scoreOf(at)];
    return {
      kind,
      points: points.slice(begin, end),
      label: label === null ? null : (texts[label] ?? null),
      score: score === null ? null : score / FULL_SCORE,
      id: idOf(at),
      color: colors.length > 0 ? `rgb(${colors.subarray(at * 3, at * 3 + 3).join(" ")})` : null,
      edges,
      isClosed,
      mask: masks[at] ? readMask(masks[at]) : null,
    };
  });
}

function readPoints(packed: Uint8Array): Float64Array {
  const view = viewOf(packed);
  return Float64Array.from({ length: packed.length / 2 }, (_, at) => {
    const value = view.getInt16(at * 2, true);
    return value === ABSENT ? Number.NaN : value / UNIT;
  });
}

/** The values of a column by the number of the mark; null where it says that there is none. */
function column(packed: Uint8Array, size: 1 | 2 | 4, none: number): (at: number) => number | null {
  if (packed.length === 0) return () => null;
  const values = numbers(packed, size);
  return (at) => {
    const value = values[at];
    return value === undefined || value === none ? null : value;
  };
}

function numbers(packed: Uint8Array, size: 1 | 2 | 4): number[] {
  const view = viewOf(packed);
  const read = { 1: (at: number) => view.getUint8(at), 2: view.getUint16.bind(view), 4: view.getUint32.bind(view) }[
    size
  ];
  return Array.from({ length: packed.length / size }, (_, at) => read(at * size, true));
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);
