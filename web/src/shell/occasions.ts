/** When the app writes each component, in words for a frame that shows nothing yet. Pure. */
import type { Binding, Manifest, Props } from "../manifest.ts";

/** Words by event; NAME is the component that it happens to. */
const WORDS: { [event: string]: string } = {
  stream: "when you press Record",
  start_recording: "when you press Record",
  stop_recording: "when you press Stop",
  click: "when you press NAME",
  submit: "when you send NAME",
  upload: "when there is NAME",
  change: "when NAME changes",
  input: "when NAME changes",
  release: "when NAME changes",
};

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
  const words = WORDS[event ?? ""];
  const props = source === undefined ? undefined : components[source]?.props;
  const name = props && nameOf(props);
  return words && (name || !words.includes("NAME")) ? words.replace("NAME", `“${name}”`) : "";
}

/** A button is called by what is written on it. */
function nameOf({ label, value }: Props): string {
  return String(label || (typeof value === "string" && value) || "");
}
