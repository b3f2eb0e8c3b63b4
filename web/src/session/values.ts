/** The values and properties of components as they change: edits go up, updates of the server come in. */

import type { StillImage } from "../codecs/types.ts";
import type { Props } from "../manifest.ts";
import type { View } from "../shell/view.ts";
import type { SetValue } from "../wire/messages.ts";
import type { FromWorkerOf } from "../workers/port.ts";
import { KnownEdits } from "./known_edits.ts";
import type { Store } from "./store.ts";

export interface ValuesEvents {
  /** Tells the server of an edit; false if there is no session. */
  send(message: SetValue): boolean;
  /** A component has another value, by the user or by the server. */
  changed(component: number, value: unknown): void;
  /** The server gave a component a value. */
  given(component: number): void;
  /** Run `run` brings a value for a component: uploads for it may be outdated. */
  arrived(component: number, value: unknown, run: number): void;
  /** True if a run is to fill what it writes: a user began it, and not by a button that clears. */
  fills(run: number): boolean;
  /** True if the results of a stream are not shown any more. */
  isReplaced(component: number, stream: number): boolean;
  /** The server starts or stops a recording. */
  control(component: number, recording: unknown): void;
  showStill(image: StillImage): void;
}

export class Values {
  private readonly store: Store;
  private readonly view: View;
  private readonly events: ValuesEvents;
  private readonly edits = new KnownEdits();

  constructor(store: Store, view: View, events: ValuesEvents) {
    this.store = store;
    this.view = view;
    this.events = events;
  }

  /** The user gave a component a value, of which the server is told `wire`; its element shows it already. */
  edit(component: number, value: unknown, wire = value): void {
    this.store.edit(component, value);
    this.send(component, wire);
    this.events.changed(component, value);
  }

  /** A script, or an upload, gave a component a value. */
  write(component: number, value: unknown): void {
    this.edit(component, value);
    this.view.applyProps(component, { value });
  }

  /** The worker sent the oldest edit that waits as control message `seq`; 0 if it could not be sent. */
  confirm(component: number, seq: number): void {
    this.edits.confirm(component, seq);
  }

  /** A session has begun, which gets all of the user's edits. */
  restore(): void {
    this.edits.clear();
    for (const [component, value] of this.store.edits()) {
      this.store.edit(component, value);
      this.view.applyProps(component, { value });
      this.send(component, value);
    }
  }

  /** Another session begins, which knows nothing of the previous one; returns the components that lose their files. */
  renew(): number[] {
    for (const [element, props] of this.store.renewed()) this.applyProps(element, props);
    const dropped = this.store.dropFiles();
    for (const component of dropped) this.applyProps(component, { value: this.store.value(component) });
    return dropped;
  }

  /** Applies the changes of one call as a whole. */
  apply({ stream, run, seen, updates, images }: FromWorkerOf<"apply">): void {
    const fills = stream > 0 || (this.events.fills(run) && !this.startsOver(updates));
    for (const [key, update] of Object.entries(updates)) {
      const component = Number(key);
      const props = this.store.whole(component, update);
      const { value, ...others } = props;
      if ("value" in props) this.events.arrived(component, value, run);
      if (this.isCurrent(component, stream, seen)) this.receive(component, props, fills);
      else if (Object.keys(others).length > 0) this.applyProps(component, others);
      if (!this.events.isReplaced(component, stream)) this.events.control(component, props["recording"]);
    }
    for (const image of images) {
      this.events.arrived(image.component, image, run);
      if (this.isCurrent(image.component, stream, seen)) this.events.showStill(image);
    }
  }

  /** A render has declared a component anew that stays; a recording ends only because of what a handler says. */
  redeclare(component: number, { recording, ...others }: Props, seen: number): void {
    const props = recording === true ? { recording, ...others } : others;
    this.apply({ type: "apply", stream: 0, run: 0, seen, updates: { [component]: props }, images: [] });
  }

  /** True if a value still counts, given what the server had `seen`: the user may have edited it since. */
  private isCurrent(component: number, stream: number, seen: number): boolean {
    return this.edits.isKnown(component, seen) && !this.events.isReplaced(component, stream);
  }

  /** True if a call empties what the user fills together with the rest, as the handler of an app's own Clear does. */
  private startsOver(updates: FromWorkerOf<"apply">["updates"]): boolean {
    const emptied = Object.keys(updates).filter((key) => updates[key]?.["value"] === null);
    return emptied.length > 1 && emptied.some((key) => this.store.props(Number(key))["interactive"] === true);
  }

  private receive(component: number, props: Props, fills: boolean): void {
    this.applyProps(component, props);
    if (fills && props["value"] === null) this.view.empty(component);
  }

  private applyProps(component: number, props: Props): void {
    this.store.update(component, props);
    this.view.applyProps(component, props);
    if (!("value" in props)) return;
    this.events.given(component);
    this.events.changed(component, props["value"]);
  }

  private send(component: number, value: unknown): void {
    if (!this.store.isOpen(component)) return;
    if (this.events.send({ type: "set", component, value })) this.edits.post(component);
  }
}
