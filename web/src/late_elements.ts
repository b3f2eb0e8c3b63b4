/** Loads the scripts and style sheets of late elements that the page was not loaded with. */
import { listen, NEED } from "./constants.ts";
import type { Manifest } from "./manifest.ts";

/** Loads those of some types that are not there yet; null if there are none. */
export function loadElements(manifest: Manifest, types: ReadonlySet<string>): Promise<unknown> | null {
  const missing = Object.entries(manifest.late ?? {}).filter(
    ([type]) => types.has(type) && !customElements.get(`ms-${type}`),
  );
  if (missing.length === 0) return null;
  return Promise.allSettled(
    missing.map(([, { js, css }]) => {
      if (css) addStyles(css);
      return import(/* @vite-ignore */ new URL(js, document.baseURI).href);
    }),
  );
}

/** Loads what an element needs that shows others. */
export function serveNeeds(manifest: Manifest, root: HTMLElement): void {
  listen(root, NEED, ({ type }) => void loadElements(manifest, new Set([type])));
}

/** Adds a style sheet to the page, once. */
function addStyles(address: string): void {
  const href = new URL(address, document.baseURI).href;
  if ([...document.querySelectorAll("link")].some((link) => link.href === href)) return;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = href;
  document.head.append(link);
}
