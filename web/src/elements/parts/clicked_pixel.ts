/** Where the user pointed in an image. */

/**
 * The pixel of an image of `size` under a point, when the image stands as large as it can in the middle of `box`.
 *
 * Null beside the image.
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
