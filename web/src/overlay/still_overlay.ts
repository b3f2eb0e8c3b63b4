/** The marks on an image that is a file. */

import { drawMarks } from "./drawing.ts";
import { openSurface } from "./frame_ring.ts";
import { readOverlay } from "./packed.ts";
import { summarise } from "./summary.ts";

export interface MarkedStill {
  image: Blob;
  /** Its marks in words. */
  words: string;
}

/** Draws packed marks on an image file, one pixel of which is shown as `scale` of the page (0: unknown). Throws `DOMException` if it cannot be decoded. */
export async function markStill(file: Blob, payload: Uint8Array, scale = 0): Promise<MarkedStill> {
  const { marks } = readOverlay(payload);
  const base = await createImageBitmap(file);
  const { canvas, context } = openSurface();
  Object.assign(canvas, { width: base.width, height: base.height });
  context.drawImage(base, 0, 0);
  base.close();
  drawMarks(context, marks, false, scale);
  return { image: await canvas.convertToBlob({ type: "image/png" }), words: summarise(marks) };
}
