/** Charts of altair, which are of Vega-Lite, or of Vega itself; without code that is made of text, which the page forbids. */
import { type Config, None, parse, type Spec, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type TopLevelSpec } from "vega-lite";
import { type FigureDrawer, type OpenDrawer, tokenOf } from "./figure.ts";

const HAS_ADDRESS = /"url":\s*"https?:/;
const UNREACHED = "The data of the chart is at an address, which the page does not open. Give altair the data itself.";

interface ChartSpec {
  $schema?: string;
  width?: unknown;
  config?: object;
}

export const open: OpenDrawer = async (place: HTMLElement): Promise<FigureDrawer> => {
  let [view, shown, known]: [View | null, HTMLElement | null, string | null] = [null, null, null];
  const draw = async (text: string): Promise<void> => {
    known = text;
    if (HAS_ADDRESS.test(text)) throw new Error(UNREACHED);
    const inner = document.createElement("div");
    inner.className = "ms-figure-vega";
    inner.style.position = shown ? "absolute" : ""; // until it is drawn it takes no room
    place.append(inner);
    const next = new View(parse(compiled(text, place), undefined, { ast: true }), {
      expr: expressionInterpreter,
      renderer: "canvas",
      logLevel: None,
      tooltip: (_handler, event, _item, value) => tell(place, event as MouseEvent, value),
    });
    try {
      await next.initialize(inner).hover().runAsync();
    } catch (error) {
      next.finalize();
      inner.remove();
      throw error;
    }
    view?.finalize();
    shown?.remove();
    inner.style.position = "";
    [view, shown] = [next, inner];
  };
  return {
    draw,
    refresh: () => void (known !== null && draw(known)),
    image: async () => {
      const canvas = await view?.toCanvas(2);
      return await new Promise((resolve) => (canvas ? canvas.toBlob(resolve) : resolve(null)));
    },
    close: () => view?.finalize(),
  };
};

/** The Vega that a chart is drawn by, in the width that there is if it asks for none. */
function compiled(text: string, place: HTMLElement): Spec {
  const spec = JSON.parse(text) as ChartSpec;
  const config = { ...configOf(place), ...spec.config } as Config;
  if (spec.$schema?.includes("/vega/")) return { config, ...spec } as Spec;
  const isFitted = spec.width === undefined && isSingle(spec);
  const fit = isFitted ? { width: "container", autosize: { type: "fit-x", contains: "padding" } } : {};
  return compile({ ...spec, ...fit, config } as unknown as TopLevelSpec).spec;
}

/** True of a chart that is not made of several beside each other: it may take the width that there is. */
function isSingle(spec: object): boolean {
  return !["hconcat", "vconcat", "concat", "facet", "repeat", "spec"].some((name) => name in spec) && !hasFacets(spec);
}

function hasFacets(spec: object): boolean {
  const encoding = (spec as { encoding?: object }).encoding ?? {};
  return ["row", "column", "facet"].some((name) => name in encoding);
}

/** The colours of the page, for what the chart itself leaves open. */
function configOf(place: HTMLElement): object {
  const [text, muted, grid] = ["--ms-text", "--ms-muted", "--ms-border"].map((token) => tokenOf(place, token));
  const font = getComputedStyle(place).fontFamily;
  const series = Array.from({ length: 8 }, (_, at) => tokenOf(place, `--ms-series-${at + 1}`));
  const words = {
    labelColor: muted,
    titleColor: text,
    labelFont: font,
    titleFont: font,
    labelFontSize: 12,
    titleFontSize: 12,
  };
  return {
    background: "transparent",
    axis: { ...words, gridColor: grid, domainColor: grid, tickColor: grid },
    legend: words,
    header: words,
    title: { color: text, subtitleColor: muted, font, subtitleFont: font },
    view: { stroke: grid },
    range: { category: series },
    mark: { color: series[0] },
    text: { color: text, font },
    rule: { color: text },
    style: { "guide-label": { fill: muted }, "guide-title": { fill: text } },
  };
}

/** Shows what a chart says of a mark, as text. */
function tell(place: HTMLElement, event: MouseEvent, value: unknown): void {
  place.querySelector(".ms-plot-tip")?.remove();
  if (value === null || value === undefined || value === "") return;
  const tip = document.createElement("dl");
  tip.className = "ms-plot-tip";
  const entries = typeof value === "object" ? Object.entries(value) : [["", value]];
  for (const [name, text] of entries) {
    const [row, term, said] = ["div", "dt", "dd"].map((tag) => document.createElement(tag)) as [
      HTMLElement,
      HTMLElement,
      HTMLElement,
    ];
    term.textContent = String(name);
    said.textContent = typeof text === "object" ? JSON.stringify(text) : String(text);
    row.append(term, said);
    tip.append(row);
  }
  const box = place.getBoundingClientRect();
  const left = event.clientX - box.left;
  tip.style.left = `${left}px`;
  tip.style.top = `${event.clientY - box.top}px`;
  tip.style.translate = `${left > box.width / 2 ? "calc(-100% - 12px)" : "12px"} 8px`;
  place.append(tip);
}
