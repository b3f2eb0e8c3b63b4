/** A figure of a plotting library as the server describes it, and what draws one. */

export interface FigureValue {
  kind: "matplotlib" | "plotly" | "altair" | "bokeh";
  /** The scripts that draw it, in their order, by their names below `assets/`; without the release and `.js`. */
  scripts: readonly string[];
  version: string;
  /** Its description, or the file that has it. */
  figure: string | { file: string };
}

/** Draws the figures of one library, one after the other, in the same place. */
export interface FigureDrawer {
  /** Shows a figure in place of the one before; resolves when it can be seen. */
  draw(text: string): Promise<void>;
  /** The place has another size, or the page other colours. */
  refresh(): void;
  /** An image of what is shown; null if the library makes none. */
  image(): Promise<Blob | null>;
  close(): void;
}

export type OpenDrawer = (place: HTMLElement, value: FigureValue) => Promise<FigureDrawer>;

export function isFigure(value: unknown): value is FigureValue {
  return typeof value === "object" && value !== null && "kind" in value && "figure" in value;
}

/** True if the page is dark where an element is. */
export function isDark(element: HTMLElement): boolean {
  const probe = document.createElement("i");
  probe.hidden = true;
  probe.style.color = "light-dark(#ffffff, #000000)";
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color === "rgb(0, 0, 0)";
}

/** The value of a colour token of the page, in the scheme that it has now. */
export function tokenOf(element: HTMLElement, token: string): string {
  const probe = document.createElement("i");
  probe.hidden = true;
  probe.style.color = `var(${token})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
