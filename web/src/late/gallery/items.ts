/** The items of a gallery: images and videos with their captions. */
import { addressOf, type FileValue, type LinkValue } from "../../manifest.ts";
import { t } from "../../words.ts";

export type Medium = FileValue | (LinkValue & { type?: string });

/** An item as the server shows it. */
export interface CaptionedMedium {
  media: Medium;
  caption: string | null;
}

/** An entry in the value of a gallery: a file that was uploaded just now has no caption yet. */
export type GalleryEntry = CaptionedMedium | FileValue;

/** One item, as the page shows it. */
export interface GalleryItem {
  /** Tells it from the others, from value to value: the same file keeps its place in the page. */
  key: string;
  address: string;
  isVideo: boolean;
  caption: string;
  /** The name of its file; empty if that is not ours. */
  file: string;
  entry: GalleryEntry;
}

export function itemsOf(value: readonly GalleryEntry[] | null): GalleryItem[] {
  const times = new Map<string, number>();
  return (value ?? []).map((entry) => {
    const [media, caption] = "media" in entry ? [entry.media, entry.caption ?? ""] : [entry, ""];
    const address = addressOf(media) ?? "";
    const before = times.get(address) ?? 0;
    times.set(address, before + 1);
    const isVideo = (media.type ?? "").startsWith("video/");
    return { key: `${address} ${before}`, address, isVideo, caption, file: "file" in media ? media.name : "", entry };
  });
}

/** "Sunset", or "Image 3 of 9". */
export function titleOf(item: GalleryItem, index: number, length: number): string {
  const values = { number: index + 1, count: length };
  return (
    item.caption || (item.isVideo ? t("Video {number} of {count}", values) : t("Image {number} of {count}", values))
  );
}
