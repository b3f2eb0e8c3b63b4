/** Pages of Ogg: RFC 3533. Pure. */

import { latin1, uint, uintLE } from "./bytes.ts";

/** Before the lengths of a page's segments, the last of these bytes says how many there are. */
const HEADER_BYTES = 27;

const [GRANULE_AT, CHECKSUM_AT] = [6, 22];

const POLYNOMIAL = 0x04c1_1db7;

export interface OggPage {
  /** Where it begins in the file. */
  at: number;
  bytes: Uint8Array;
  payload: Uint8Array;
  isFirst: boolean;
  isLast: boolean;
  /** For audio: samples until its end; null if nothing ends in it. */
  granule: number | null;
}

/** The whole pages that a file begins with. */
export function* pagesOf(file: Uint8Array): Generator<OggPage> {
  let at = 0;
  while (latin1(file, at, 4) === "OggS") {
    const begin = at + HEADER_BYTES + uint(file, at + HEADER_BYTES - 1, 1);
    const end = file.subarray(at + HEADER_BYTES, begin).reduce((sum, length) => sum + length, begin);
    if (end > file.length) return;
    const [bytes, payload] = [file.subarray(at, end), file.subarray(begin, end)];
    const [flags, granule] = [uint(bytes, 5, 1), uintLE(bytes, GRANULE_AT, 8)];
    const [isFirst, isLast] = [(flags & 2) > 0, (flags & 4) > 0];
    yield { at, bytes, payload, isFirst, isLast, granule: Number.isSafeInteger(granule) ? granule : null };
    at = end;
  }
}

/** The same file, but so many samples longer by what this page of it says. */
export function prolonged(file: Uint8Array<ArrayBuffer>, page: OggPage, samples: number): Uint8Array<ArrayBuffer> {
  const copy = file.slice();
  const view = new DataView(copy.buffer, page.at, page.bytes.length);
  view.setBigUint64(GRANULE_AT, BigInt((page.granule ?? 0) + samples), true);
  view.setUint32(CHECKSUM_AT, 0, true);
  view.setUint32(CHECKSUM_AT, checksum(copy.subarray(page.at, page.at + page.bytes.length)), true);
  return copy;
}

function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ (sum < 0 ? POLYNOMIAL : 0);
  }
  return sum >>> 0;
}
