/** The colours of marks: distinct for those who are colour-blind, and the same for one identity from frame to frame. Pure. */

import type { Mark } from "./marks.ts";

/** The palette of Okabe and Ito without black, those apart that are next to each other in a list. */
export const PALETTE = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2"] as const;

/** The colour that the app chose; else that of the identity, else that of the label. */
export function colorOf({ color, id, label }: Pick<Mark, "color" | "id" | "label">): string {
  if (color !== null) return color;
  const number = id ?? hashOf(label ?? "");
  return PALETTE[number % PALETTE.length] as string;
}

/** White or black: whichever is easier to read on a colour of the form `#rrggbb` or `rgb(r g b)`. */
export function inkOn(color: string): "#000" | "#fff" {
  return luminanceOf(color) > 0.18 ? "#000" : "#fff";
}

/** Relative luminance, 0..1, as WCAG defines it. */
export function luminanceOf(color: string): number {
  const levels = color.startsWith("#")
    ? [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))
    : (color.match(/\d+/g) ?? []).map(Number);
  const [red = 0, green = 0, blue = 0] = levels.map((level) => {
    const share = level / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** FNV-1a, of which the same label gives the same number in every page. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) as number), 0x01000193) >>> 0;
  return hash;
}
