/** Scripts of plotting libraries, which Python packages bring along and the app serves; loaded once, when first needed. */
import type { FigureValue } from "./figure.ts";

const loaded = new Map<string, Promise<void>>();

/** Loads the scripts of a figure's library, one after the other. */
export async function loadLibrary({ kind, scripts, version }: FigureValue): Promise<void> {
  allowStyles();
  for (const name of scripts) {
    const address = new URL(`assets/${name}-${version}.js`, document.baseURI).href;
    const loading = loaded.get(address) ?? load(address);
    loaded.set(address, loading);
    try {
      await loading;
    } catch {
      loaded.delete(address);
      throw new Error(
        `The script of ${kind} ${version} could not be loaded: the server may have another release. Reload the page.`,
      );
    }
  }
}

function load(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve();
    script.onerror = reject;
    document.head.append(script);
  });
}

let areStylesAllowed = false;

/**
 * Lets the libraries' scripts style what they draw: the page's security policy refuses the `style` elements and
 * attributes that they make, so the elements get the page's nonce, and the attributes are set property by property.
 * Those in HTML that is parsed stay refused.
 */
function allowStyles(): void {
  const { nonce } = document.querySelector<HTMLScriptElement>("script[nonce]") ?? {};
  if (areStylesAllowed || !nonce) return;
  areStylesAllowed = true;
  const create = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = create(name, options);
    if (name.toLowerCase() === "style") element.nonce = nonce;
    return element;
  }) as typeof document.createElement;
  const set = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (this: Element, name: string, value: string): void {
    if (name === "style" && "style" in this) (this as HTMLElement).style.cssText = value;
    else set.call(this, name, value);
  };
}
