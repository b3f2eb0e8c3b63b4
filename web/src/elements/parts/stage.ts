/** The part of a frame that shows the images of its component: one surface at a time, named for those who cannot see it. */
import type { OutputElement, OutputSurface } from "../../states.ts";

export class Stage implements OutputSurface {
  readonly element = document.createElement("div");
  /** The surface that shows an image; it came decoded, and is not ours to draw on. */
  image: OutputElement | null = null;
  private readonly name: () => string;
  /** The marks on it in words. */
  private words = "";

  constructor(name: () => string) {
    this.name = name;
    this.element.className = "ms-stage";
  }

  place(output: OutputElement | null): void {
    // A video that is taken out and put back would stop for a moment.
    if (output !== this.image) this.element.replaceChildren(...(output ? [output] : []));
    if (output instanceof HTMLCanvasElement) output.setAttribute("role", "img");
    this.image = output;
    this.describe();
  }

  describe(words = this.words): void {
    this.words = words;
    const name = words ? `${this.name()}: ${words}` : this.name();
    if (this.image instanceof HTMLImageElement) this.image.alt = name;
    else this.image?.setAttribute("aria-label", name);
  }
}
