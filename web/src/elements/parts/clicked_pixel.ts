/** The position of a click in an image. */

/**
 * The pixel of an image of `size` under a point, if the image is centred in `box`, as large as possible.
 *
 * Null outside of the image.
 */
export function pixelAt(
  point: { x: number; y: number },
  box: { left: number; top: number; width: number; height: number },
  [width, height]: readonly [number, number],
): [number, number] | null {
  const scale = Math.min(box.width / width, box.height / height);
  const x = (point.x - box.left - (box.width - width * scale) / 2) / scale;
  const y = (point.y - box.top - (box.height - height * scale) / 2) / scale;
  if (!(x >= 0 && y >= 0 && x < width && y < height)) return null;
  return [Math.floor(x), Math.floor(y)];
}
