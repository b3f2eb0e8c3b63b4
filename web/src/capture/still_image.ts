/** Images on the page as files. */

export type Drawable = HTMLVideoElement | HTMLCanvasElement | HTMLImageElement;

/** The image's own size in pixels; zeros while it is unknown. */
export function sizeOf(image: Drawable): [width: number, height: number] {
  if (image instanceof HTMLVideoElement) return [image.videoWidth, image.videoHeight];
  if (image instanceof HTMLImageElement) return [image.naturalWidth, image.naturalHeight];
  return [image.width, image.height];
}

/** The image as it is now, as a file. `mirrored` turns it as the user sees it. */
export async function still(
  image: Drawable,
  name: string,
  { type = "image/jpeg", quality = 0.9, mirrored = false } = {},
): Promise<File> {
  const [width, height] = sizeOf(image);
  const canvas = new OffscreenCanvas(Math.max(1, width), Math.max(1, height));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser gives no 2d canvas: the image cannot be read");
  if (mirrored) context.setTransform(-1, 0, 0, 1, width, 0);
  context.drawImage(image, 0, 0);
  const blob = await canvas.convertToBlob({ type, quality });
  return new File([blob], name, { type: blob.type });
}
