/** Figures of matplotlib as SVG: shown as images, in which no script runs. */
import type { FigureDrawer, OpenDrawer } from "./figure.ts";

export const open: OpenDrawer = async (place: HTMLElement): Promise<FigureDrawer> => {
  let [shown, address, known]: [HTMLImageElement | null, string, Blob | null] = [null, "", null];
  return {
    draw: async (text: string): Promise<void> => {
      const image = document.createElement("img");
      const blob = new Blob([text], { type: "image/svg+xml" });
      const next = URL.createObjectURL(blob);
      image.src = next;
      image.alt = "";
      image.className = "ms-figure-svg";
      await image.decode();
      if (shown) shown.replaceWith(image);
      else place.append(image);
      if (address) URL.revokeObjectURL(address);
      [shown, address, known] = [image, next, blob];
    },
    refresh: () => undefined,
    image: () => Promise.resolve(known),
    close: () => {
      shown?.remove();
      if (address) URL.revokeObjectURL(address);
    },
  };
};
