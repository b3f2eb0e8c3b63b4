/** When the app writes each component, in words for a frame that shows nothing yet. Pure. */
import type { Binding, Manifest, Props } from "../manifest.ts";
import { t } from "../words.ts";

/** Words by event; some name the component that it happens to, and are empty if it has no name. */
const WORDS: { [event: string]: (name: string) => string } = {
  stream: () => t("when you press Record"),
  start_recording: () => t("when you press Record"),
  stop_recording: () => t("when you press Stop"),
  click: (name) => name && t("when you press “{name}”", { name }),
  submit: (name) => name && t("when you send “{name}”", { name }),
  upload: (name) => name && t("when there is “{name}”", { name }),
  change: changed,
  input: changed,
  release: changed,
};

function changed(name: string): string {
  return name && t("when “{name}” changes", { name });
}

/** The occasion of each component that an event writes; none for those that only chance events write, such as a timer's. */
export function occasions({ bindings, components }: Manifest): Map<number, string> {
  const byId = new Map(bindings.map((binding) => [binding.id, binding]));
  const found = new Map<number, string>();
  for (const binding of bindings) {
    const words = describe(first(binding, byId), components);
    for (const output of binding.outputs) if (words && !found.has(output)) found.set(output, words);
  }
  return found;
}

/** The binding that a chain of them begins with. */
function first(binding: Binding, byId: ReadonlyMap<number, Binding>): Binding {
  let at = binding;
  for (let before = at.after; before != null; before = at.after) {
    const earlier = byId.get(before);
    if (!earlier || earlier.id >= at.id) break;
    at = earlier;
  }
  return at;
}

function describe({ targets }: Binding, components: Manifest["components"]): string {
  const [source, event] = targets[0] ?? [];
  const props = source === undefined ? undefined : components[source]?.props;
  if (props?.clears) return ""; // it empties what it writes
  return WORDS[event ?? ""]?.(props ? nameOf(props) : "") ?? "";
}

/** A button is called by what is written on it. */
function nameOf({ label, value }: Props): string {
  return String(label || (typeof value === "string" && value) || "");
}
