/** The functions that compiled templates call (`components/templates/compiled.py`): values in HTML, and Handlebars' blocks. */

import type { default as Purifier } from "dompurify";

/** A template of a component, compiled by the server: gives its text from the properties. */
export type Template = (props: Record<string, unknown>, runtime: Runtime) => string;

/** The place of a value in what a block goes through. */
export interface Place {
  index?: number;
  key?: string | number;
  first?: boolean;
  last?: boolean;
}

type Body = (context: unknown, place: Place) => void;
type Otherwise = (() => void) | undefined;

/** Thrown where a value is HTML and the cleaner is not there yet: `loaded` says when to try again. */
export class Pending extends Error {
  readonly loaded: Promise<void>;

  constructor(loaded: Promise<void>) {
    super("the cleaner is being loaded");
    this.loaded = loaded;
  }
}

/** The beginnings of classes that the page itself uses; the twin is in `components/text/sanitized_html.py`. */
const RESERVED = /^(ms-|katex|(js-)?plotly|maplibregl|mapboxgl)/i;

let purifier: typeof Purifier | null = null;

async function load(): Promise<void> {
  purifier = (await import("dompurify")).default;
  purifier.addHook("uponSanitizeAttribute", (_, attribute) => {
    if (attribute.attrName !== "class") return;
    const names = attribute.attrValue.split(/\s+/).filter((name) => !RESERVED.test(name));
    attribute.attrValue = names.join(" ");
  });
}

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function written(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}

export class Runtime {
  /** HTML, without all that could run in it, be sent by it, dress the page, or dress up as it. */
  html(value: unknown): string {
    const text = written(value);
    if (!text.includes("<")) return text;
    if (!purifier) throw new Pending(load());
    return purifier.sanitize(text, { ADD_ATTR: ["target"], FORBID_TAGS: ["style", "form"] });
  }

  /** The value of a component that shows nothing else: the server has cleaned it, if that is text. */
  given(value: unknown): string {
    return typeof value === "string" ? value : this.html(value);
  }

  /** Text, in an element or in the quotes of an attribute. */
  text(value: unknown): string {
    return written(value).replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
  }

  /** The value of an attribute without quotes: it has no space that would end it. */
  bare(value: unknown): string {
    return this.text(value).replace(/[\s=`]/g, (char) => `&#${char.charCodeAt(0)};`);
  }

  /** Attributes: they cannot end their tag. */
  inside(value: unknown): string {
    return written(value).replace(/[<>]/g, "");
  }

  /** Part of a style sheet: it begins and ends no rule, as those could be about the rest of the page (`body:has(&)`). */
  css(value: unknown): string {
    return written(value).replace(/[{}<]/g, "");
  }

  at(value: unknown, ...path: unknown[]): unknown {
    let found = value;
    for (const name of path) {
      if (found === null || found === undefined) return undefined;
      const owner = Object(found) as Record<string, unknown>;
      const isOwn = Object.hasOwn(owner, name as PropertyKey);
      found = isOwn || name === "length" ? owner[name as string] : undefined;
    }
    return found;
  }

  holds(value: unknown): boolean {
    return Boolean(value) && !(Array.isArray(value) && value.length === 0);
  }

  each(value: unknown, body: Body, otherwise?: Otherwise): void {
    const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
    for (const [index, name] of keys.entries()) {
      const key = Array.isArray(value) ? index : name;
      body((value as Record<string, unknown>)[name], {
        index,
        key,
        first: index === 0,
        last: index === keys.length - 1,
      });
    }
    if (keys.length === 0) otherwise?.();
  }

  with(value: unknown, body: Body, otherwise?: Otherwise): void {
    if (this.holds(value)) body(value, {});
    else otherwise?.();
  }

  /** A block named after a value: goes through a list, or into an object. */
  section(value: unknown, body: Body, otherwise?: Otherwise): void {
    if (Array.isArray(value)) this.each(value, body, otherwise);
    else this.with(value, body, otherwise);
  }
}
