/** The user's edits across a reload of the page, in the browser's memory of this tab. Files are not kept. */

import type { Manifest } from "../manifest.ts";
import type { Store } from "./store.ts";

const KEY = "millstream-edits";

/** An edit: the component's number, its type and label, by which another version of the app is searched, and the value. */
type KeptEdit = [component: number, type: string, label: unknown, value: unknown];

/** Keeps the edits of a page that is about to be reloaded. */
export function keepEdits({ components }: Manifest, store: Store): void {
  const edits = store.edits().map(([component, value]): KeptEdit => {
    const { type = "", props = {} } = components[component] ?? {};
    return [component, type, props["label"], value];
  });
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ edits, hasFiles: store.hasFiles }));
  } catch {
    // They are larger than the browser's memory for a page.
  }
}

/** The edits that were kept, once, as far as there are components for them, and whether files were lost. */
export function takeEdits({ components }: Manifest): { edits: [number, unknown][]; hasFiles: boolean } {
  const text = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  const { edits, hasFiles } = JSON.parse(text ?? '{"edits":[],"hasFiles":false}') as {
    edits: KeptEdit[];
    hasFiles: boolean;
  };
  const found = edits.flatMap(([number, type, label, value]): [number, unknown][] => {
    const isSame = (component: number): boolean => {
      const declared = components[component];
      return declared?.type === type && (declared.props["label"] ?? null) === (label ?? null);
    };
    const alike = Object.keys(components).map(Number).filter(isSame);
    const component = isSame(number) ? number : alike.length === 1 ? alike[0] : undefined;
    return component === undefined ? [] : [[component, value]];
  });
  return { edits: found, hasFiles };
}
