/** The renders of one session, in the page: what they declare comes into manifest, store and view, and goes again. */

import { loadElements } from "../late_elements.ts";
import { type ComponentDeclaration, type Manifest, type Node, within } from "../manifest.ts";
import type { View } from "../shell/view.ts";
import type { Rendered } from "../wire/messages.ts";
import type { FromWorker } from "../workers/port.ts";
import type { Images } from "./images.ts";
import type { Players } from "./players.ts";
import type { Recordings } from "./recordings.ts";
import type { Runs } from "./runs.ts";
import type { Store } from "./store.ts";
import type { Values } from "./values.ts";

/** The parts of a session that have to do with what comes and goes. */
export interface RendersParts {
  manifest: Manifest;
  store: Store;
  runs: Runs;
  view: View;
  values: Values;
  images: Images;
  players: Players;
  recordings: Recordings;
}

/** The elements and bindings of one render. */
interface RenderedPart {
  nodes: readonly Node[];
  bindings: ReadonlySet<number>;
}

export class Renders {
  private readonly manifest: Manifest;
  private readonly store: Store;
  private readonly runs: Runs;
  private readonly view: View;
  private readonly parts: RendersParts;
  private readonly control: (component: number, recording: unknown) => void;
  /** By the number of the layout that holds it. */
  private readonly shown = new Map<number, RenderedPart>();
  /** Edits of components that another session knows by the same key, by their place. */
  private readonly entered = new Map<number, Map<string, unknown>>();

  /** `control` starts or stops a recording, as a declaration wants it. */
  constructor(parts: RendersParts, control: (component: number, recording: unknown) => void) {
    this.parts = parts;
    this.control = control;
    this.manifest = parts.manifest;
    this.store = parts.store;
    this.runs = parts.runs;
    this.view = parts.view;
  }

  /** Loads the scripts and style sheets of elements that the page has not had yet; null if there are none. */
  load(message: FromWorker): Promise<unknown> | null {
    if (!("rendered" in message)) return null;
    const { nodes, components } = message.rendered;
    const types = new Set([...within(nodes), ...Object.values(components)].map(({ type }) => type));
    return loadElements(this.manifest, types);
  }

  /** A render has run: what it declares takes the place of what it declared before. */
  show({ place, nodes, components, bindings, seen, message }: Rendered): void {
    const { manifest, store } = this;
    const before = this.shown.get(place);
    const there = new Set(within(nodes).map(({ id }) => id));
    this.remove(place, (id) => there.has(id));
    const declared = Object.entries(components).map(([id, each]): [number, ComponentDeclaration] => [Number(id), each]);
    const staying = new Set(declared.filter(([id]) => id in manifest.components && before).map(([id]) => id));
    for (const [id, each] of declared) {
      manifest.components[id] = staying.has(id) ? withValue(each, store.value(id)) : each;
      if (staying.has(id)) store.redeclare(id);
    }
    store.graft(place, nodes);
    manifest.bindings.push(...bindings);
    this.runs.bindings.look(manifest.bindings);
    this.shown.set(place, { nodes, bindings: new Set(bindings.map(({ id }) => id)) });
    this.view.declare(place, nodes, message);
    for (const [id, { props }] of declared) {
      if (staying.has(id)) this.parts.values.redeclare(id, props, seen);
      else this.begin(id, props["value"]);
    }
    this.enter(place, declared);
  }

  /** Another session begins, which knows nothing of this: it is seen, and not used, until each render has run again. */
  retire(): void {
    for (const place of [...this.shown.keys()]) {
      const ids = within(this.shown.get(place)?.nodes ?? []).map(({ id }) => id);
      this.remove(place, () => false);
      this.view.forget(ids, place);
    }
  }

  /** Takes away what a render declared, but for the elements that stay. */
  private remove(place: number, isStaying: (id: number) => boolean): void {
    const { manifest, store } = this;
    const fragment = this.shown.get(place);
    if (!fragment) return;
    this.shown.delete(place);
    const left = manifest.bindings.filter(({ id }) => !fragment.bindings.has(id));
    manifest.bindings.splice(0, manifest.bindings.length, ...left);
    this.runs.bindings.retire(fragment.bindings);
    const gone = within(fragment.nodes)
      .map(({ id }) => id)
      .filter((id) => !isStaying(id));
    for (const id of gone) {
      this.remove(id, () => false);
      const declared = manifest.components[id];
      if (declared) this.end(place, id, declared);
      store.remove(id);
    }
    this.view.forget(gone, -1);
  }

  private begin(id: number, value: unknown): void {
    this.parts.images.showValue(id, value);
    this.control(id, this.store.props(id)["recording"]);
  }

  private end(place: number, id: number, { type, key }: ComponentDeclaration): void {
    const value = this.store.editOf(id);
    if (key !== undefined && value !== undefined) {
      const entered = this.entered.get(place) ?? new Map<string, unknown>();
      this.entered.set(place, entered.set(`${type} ${key}`, value));
    }
    this.parts.recordings.record({ component: id, action: "close" });
    for (const each of [this.parts.players, this.parts.images]) each.forget(id);
    delete this.manifest.components[id];
  }

  /** Enters again what the user had entered under the same keys, if these are components of another session. */
  private enter(place: number, declared: readonly [number, ComponentDeclaration][]): void {
    const entered = this.entered.get(place);
    this.entered.delete(place);
    for (const [id, { type, key }] of entered ? declared : []) {
      const name = `${type} ${key}`;
      if (key !== undefined && entered?.has(name)) this.parts.values.write(id, entered.get(name));
    }
  }
}

const withValue = (declared: ComponentDeclaration, value: unknown): ComponentDeclaration => ({
  ...declared,
  props: { ...declared.props, value },
});
