/** Reads a mask of run lengths; its twin, which says how they are written, is `src/millstream/overlays/mask_runs.py`. */

import type { MaskRaster } from "./marks.ts";

const SIZE_BYTES = 4;
const LONGEST = 1024;

/** Throws `RangeError` if the runs are not as long as the mask is large. */
export function readMask(data: Uint8Array): MaskRaster {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [columns, rows] = [view.getUint16(0, true), view.getUint16(2, true)];
  if (columns < 1 || rows < 1 || columns > LONGEST || rows > LONGEST)
    throw new RangeError(`a mask of ${columns} by ${rows} pixels`);
  const pixels = new Uint8Array(columns * rows);
  let [at, inside] = [0, 0];
  for (let byte = SIZE_BYTES; byte < data.length; ) {
    let [run, shift, next] = [0, 0, 0];
    do {
      next = data[byte++] ?? 0;
      run += (next & 127) << shift;
      shift += 7;
    } while (next > 127 && byte < data.length && shift < 28);
    if (at + run > pixels.length) throw new RangeError("the runs of a mask are too long");
    pixels.fill(inside, at, at + run);
    at += run;
    inside = 1 - inside;
  }
  if (at !== pixels.length) throw new RangeError("the runs of a mask are too short");
  return { columns, rows, pixels };
}
