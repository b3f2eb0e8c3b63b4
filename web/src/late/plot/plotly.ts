/** Figures of plotly. A newer one takes the place of the one before; zoom and hidden traces stay. */
import { type FigureDrawer, type FigureValue, isDark, type OpenDrawer, tokenOf } from "./figure.ts";
import { loadLibrary } from "./library.ts";

interface PlotlyFigure {
  data: unknown[];
  layout?: PlotlyLayout;
  frames?: unknown[];
}

interface PlotlyLayout {
  [name: string]: unknown;
  template?: { layout?: { [name: string]: unknown } };
}

interface PlotlyScript {
  react(place: HTMLElement, figure: object): Promise<unknown>;
  toImage(place: HTMLElement, options: object): Promise<string>;
  purge(place: HTMLElement): void;
  Plots: { resize(place: HTMLElement): Promise<unknown> };
}

/** The background of plotly's own template: a figure that has it was given no colours by the app. */
const OWN_BACKGROUND = "#e5ecf6";
const HEIGHT_PX = 400;

export const open: OpenDrawer = async (place: HTMLElement, value: FigureValue): Promise<FigureDrawer> => {
  await loadLibrary(value);
  const plotly = (globalThis as unknown as { Plotly: PlotlyScript }).Plotly;
  let known: string | null = null;
  const draw = async (text: string): Promise<void> => {
    known = text;
    const { data, layout = {}, frames } = JSON.parse(text) as PlotlyFigure;
    const fitted = { uirevision: true, autosize: true, ...dressed(layout, place) };
    place.style.height = `${typeof layout["height"] === "number" ? layout["height"] : HEIGHT_PX}px`;
    await plotly.react(place, {
      data,
      layout: fitted,
      config: { responsive: false, displaylogo: false, displayModeBar: "hover", scrollZoom: false },
      ...(frames ? { frames } : {}),
    });
  };
  return {
    draw,
    refresh: () => void (known !== null && draw(known)),
    image: async () => {
      const address = await plotly.toImage(place, {
        format: "png",
        scale: 2,
        width: place.clientWidth,
        height: place.clientHeight,
      });
      return await (await fetch(address)).blob();
    },
    close: () => plotly.purge(place),
  };
};

/** Gives a figure that has plotly's own colours those of the page. */
function dressed(layout: PlotlyLayout, place: HTMLElement): PlotlyLayout {
  const own = layout.template?.layout;
  const isPlain = String(own?.["plot_bgcolor"] ?? "").toLowerCase() === OWN_BACKGROUND || own === undefined;
  if (!isPlain) return layout;
  const [text, grid, surface] = ["--ms-text", "--ms-border", "--ms-surface"].map((token) => tokenOf(place, token));
  const axis = { gridcolor: grid, linecolor: grid, zerolinecolor: grid };
  const ground = "rgba(0, 0, 0, 0)";
  const colors = {
    ...own,
    paper_bgcolor: ground,
    plot_bgcolor: ground,
    font: { color: text, family: getComputedStyle(place).fontFamily },
    hoverlabel: { bgcolor: surface, bordercolor: grid, font: { color: text } },
    xaxis: { ...(own?.["xaxis"] as object), ...axis },
    yaxis: { ...(own?.["yaxis"] as object), ...axis },
    scene: isDark(place) ? scene(axis, ground) : own?.["scene"],
    polar: { ...(own?.["polar"] as object), bgcolor: ground, angularaxis: axis, radialaxis: axis },
    modebar: { bgcolor: ground, color: text, activecolor: text },
  };
  return { ...layout, template: { ...layout.template, layout: colors } };
}

function scene(axis: object, backgroundcolor: string): object {
  const each = { ...axis, backgroundcolor, showbackground: true };
  return { xaxis: each, yaxis: each, zaxis: each };
}
