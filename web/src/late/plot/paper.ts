/** The sheet that a figure stands on: of the figure's own background, so that a light one is a light card in the dark. */
import type { OutputElement } from "../../states.ts";

/** A colour as `rgb()`, and whether words on it are light or dark. */
export interface Paper {
  color: string;
  scheme: "light" | "dark";
}

const WHITE: Paper = { color: "#ffffff", scheme: "light" };

/** The paper of an image: the colour of its corner, white where that is transparent or cannot be told. */
export function paperOf(image: OutputElement): Paper {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  try {
    context?.drawImage(image, 1, 1, 1, 1, 0, 0, 1, 1);
    return paper(context?.getImageData(0, 0, 1, 1).data ?? [0, 0, 0, 0]);
  } catch {
    return WHITE; // an image of another site may be shown, but not read
  }
}

/** The paper of a pixel: red, green, blue and alpha. Pure. */
export function paper(pixel: ArrayLike<number>): Paper {
  const [red, green, blue, alpha] = Array.from(pixel) as [number, number, number, number];
  if (alpha < 255) return WHITE;
  const isLight = red * 0.299 + green * 0.587 + blue * 0.114 > 127;
  return { color: `rgb(${red} ${green} ${blue})`, scheme: isLight ? "light" : "dark" };
}
