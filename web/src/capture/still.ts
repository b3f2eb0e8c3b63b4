/** Pictures on the page as files. */

export type Drawable = HTMLVideoElement | HTMLCanvasElement | HTMLImageElement;

/** The picture's own size in pixels; zeros while it is unknown. */
export function sizeOf(picture: Drawable): [width: number, height: number] {
  if (picture instanceof HTMLVideoElement) return [picture.videoWidth, picture.videoHeight];
  if (picture instanceof HTMLImageElement) return [picture.naturalWidth, picture.naturalHeight];
  return [picture.width, picture.height];
}

/** The picture as it is now, as a file. `mirrored` turns it as the user sees it. */
export async function still(
  picture: Drawable,
  name: string,
  { type = "image/jpeg", quality = 0.9, mirrored = false } = {},
): Promise<File> {
  const [width, height] = sizeOf(picture);
  const canvas = new OffscreenCanvas(Math.max(1, width), Math.max(1, height));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser gives no 2d canvas: the picture cannot be read");
  if (mirrored) context.setTransform(-1, 0, 0, 1, width, 0);
  context.drawImage(picture, 0, 0);
  const blob = await canvas.convertToBlob({ type, quality });
  return new File([blob], name, { type: blob.type });
}
