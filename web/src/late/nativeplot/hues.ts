/** The colours of a plot, read from the tokens of the page in the scheme that it has now. */

export interface Hues {
  text: string;
  muted: string;
  grid: string;
  surface: string;
  font: string;
  /** Of series, one after the other. */
  series: readonly string[];
  /** Of a range of numbers from low to high: red, green and blue. */
  shades: readonly (readonly number[])[];
}

const SERIES = 8;
const SHADES = 3;

/** Reads the tokens; `host` is in the page. */
export function readHues(host: HTMLElement): Hues {
  const probe = document.createElement("i");
  probe.hidden = true;
  host.append(probe);
  const style = getComputedStyle(probe);
  const read = (token: string): string => {
    probe.style.color = `var(${token})`;
    return style.color;
  };
  const hues = {
    text: read("--ms-text"),
    muted: read("--ms-muted"),
    grid: read("--ms-border"),
    surface: read("--ms-surface"),
    font: style.fontFamily,
    series: Array.from({ length: SERIES }, (_, at) => read(`--ms-series-${at + 1}`)),
    shades: Array.from({ length: SHADES }, (_, at) =>
      (read(`--ms-shade-${at + 1}`).match(/[\d.]+/g) ?? []).map(Number),
    ),
  };
  probe.remove();
  return hues;
}

/** The colour of a share from 0 to 1 of a range of numbers; the two ends differ in brightness for everybody. */
export function shade(share: number, { shades }: Hues): string {
  const place = Math.min(1, Math.max(0, Number.isNaN(share) ? 0 : share)) * (shades.length - 1);
  const at = Math.min(Math.floor(place), shades.length - 2);
  const [from, to] = [shades[at] ?? [], shades[at + 1] ?? []];
  const parts = from.map((low, part) => Math.round(low + ((to[part] ?? low) - low) * (place - at)));
  return `rgb(${parts.join(", ")})`;
}

/** The colour of a series: that which the app gave it, if it is one, or the next of the page's. */
export function hueOf(name: string, at: number, given: { [name: string]: string }, { series }: Hues): string {
  const own = Object.hasOwn(given, name) ? (given[name] as string) : "";
  return own && CSS.supports("color", own) ? own : (series[at % series.length] as string);
}
