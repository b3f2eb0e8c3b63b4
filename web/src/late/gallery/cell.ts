/** One cell of the grid: an image or a video, which can be saved as well. */
import { html, type TemplateResult } from "lit";
import { follow, save } from "../../elements/parts/files.ts";
import { icon } from "../../elements/parts/icons.ts";
import type { GalleryItem } from "./items.ts";

/** The content of a cell. An image that cannot be shown is replaced by a sentence. */
export function thumbnail({ address, isVideo }: GalleryItem): TemplateResult {
  const fail = (event: Event): void => (event.target as Element).closest("button")?.setAttribute("data-broken", "");
  if (!isVideo)
    return html`<img src=${address} alt="" loading="lazy" decoding="async" draggable="false" @error=${fail} />`;
  return html`<video src="${address}#t=0.1" preload="metadata" muted playsinline tabindex="-1" @error=${fail}></video><i class="ms-cell-sign">${icon("play")}</i>`;
}

export function saveItem({ address, file, isVideo }: GalleryItem, at: number): void {
  if (file) follow(`${address}?download=1`, file);
  else if (address.startsWith("data:")) follow(address, `${isVideo ? "video" : "image"} ${at + 1}`);
  else window.open(address, "_blank", "noopener");
}

export async function saveAll(items: readonly GalleryItem[], name: string): Promise<void> {
  const { archive } = await import("./archive.ts");
  const files = await Promise.all(
    items.map(async ({ address, file }) => ({ name: file, blob: await (await fetch(`${address}?download=1`)).blob() })),
  );
  save(await archive(files), `${name}.zip`);
}
