/** Figures of bokeh. A newer one is made beside the one before, and takes its place when it is drawn. */
import { type FigureDrawer, type FigureValue, isDark, type OpenDrawer } from "./figure.ts";
import { loadLibrary } from "./library.ts";

interface BokehItem {
  target_id: string | null;
  root_id: string;
  doc: { theme?: unknown };
}

interface BokehViews {
  clear?(): void;
  roots?: readonly { remove(): void }[];
}

interface BokehScript {
  version: string;
  embed: { embed_item(item: BokehItem, target: HTMLElement): Promise<BokehViews> };
  set_log_level?(level: string): void;
}

let count = 0;

export const open: OpenDrawer = async (place: HTMLElement, value: FigureValue): Promise<FigureDrawer> => {
  await loadLibrary(value);
  const bokeh = (globalThis as unknown as { Bokeh: BokehScript }).Bokeh;
  if (bokeh.version !== value.version.replace(/(\d)(rc|a|b)/, "$1-$2.")) {
    throw new Error(
      `The page has the script of bokeh ${bokeh.version}, and the figure is of ${value.version}. Reload the page.`,
    );
  }
  bokeh.set_log_level?.("error");
  let [views, inner, known]: [BokehViews | null, HTMLElement | null, string | null] = [null, null, null];
  const draw = async (text: string): Promise<void> => {
    known = text;
    const item = JSON.parse(text) as BokehItem;
    const next = document.createElement("div");
    next.id = `ms-bokeh-${++count}`;
    next.className = "ms-figure-bokeh";
    if (inner) next.style.position = "absolute"; // until it is drawn it takes no room
    place.append(next);
    const shown = await bokeh.embed.embed_item({ ...item, target_id: next.id }, next);
    drop(views, inner);
    next.style.position = "";
    [views, inner] = [shown, next];
    place.classList.toggle("ms-figure-paper", isDark(place));
  };
  return {
    draw,
    refresh: () => void (known !== null && place.classList.toggle("ms-figure-paper", isDark(place))),
    image: () => Promise.resolve(null),
    close: () => drop(views, inner),
  };
};

function drop(views: BokehViews | null, inner: HTMLElement | null): void {
  if (views?.clear) views.clear();
  else for (const root of views?.roots ?? []) root.remove();
  inner?.remove();
}
