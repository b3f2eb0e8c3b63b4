/** Events that wait for their inputs: files being uploaded, recordings being finished. */

import type { Binding } from "../manifest.ts";
import type { RunView } from "../states.ts";

/** An event as it happened: the target of the binding that fired, and its data. */
export interface Trigger {
  target: number;
  data: unknown;
}

/** An event that waits. */
export interface HeldEvent {
  binding: Binding;
  run: number;
  trigger: Trigger;
  /** True if the server knows of it: then it may run even if its source is hidden meanwhile. */
  isTold: boolean;
}

export interface HeldEventsEvents {
  /** Describes what is on its way to any of some components; empty if nothing is. */
  coming(components: ReadonlySet<number>): string;
  /** Everything that an event waited for has arrived. */
  released(event: HeldEvent): void;
  /** An event never begins. */
  dropped(event: HeldEvent): void;
  /** True if a component itself can show the outcome of one of its events. */
  speaks(component: number): boolean;
  /** Shows the outcome of an event whose component cannot. */
  failed(message: string): void;
  show(run: RunView): void;
}

/** Runs that are held are shown under numbers that the server gives to none. */
const HELD_CALL = -1_000_000;

const NOTHING: ReadonlySet<number> = new Set();

export class HeldEvents {
  private readonly reads: ReadonlyMap<number, ReadonlySet<number>>;
  private readonly events: HeldEventsEvents;
  private held: HeldEvent[] = [];
  /** Events that never began, by binding: what is said of them counts until the next one begins. */
  private readonly refused = new Map<number, HeldEvent>();

  /** `reads` are the components that each binding reads. */
  constructor(reads: ReadonlyMap<number, ReadonlySet<number>>, events: HeldEventsEvents) {
    this.reads = reads;
    this.events = events;
  }

  has(run: number): boolean {
    return this.held.some((each) => each.run === run);
  }

  /** Describes what an event has to wait for; empty if it can begin. Clears the refusal of an earlier one. */
  admit(binding: Binding, trigger: Trigger): string {
    const refused = this.refused.get(binding.id);
    if (refused) this.show(refused, "done", "");
    this.refused.delete(binding.id);
    return this.events.coming(this.awaited(binding, trigger));
  }

  hold(event: HeldEvent, awaits: string): void {
    this.held.push(event);
    this.show(event, "waiting", "", awaits);
  }

  /**
   * The state of an upload or recording for a component has changed; events that read it are refused if a reason is given.
   * Returns true if any was: then the user has been told.
   */
  review(component: number, refusal: string): boolean {
    let isRefused = false;
    for (const event of [...this.held]) {
      const awaited = this.awaited(event.binding, event.trigger);
      if (!awaited.has(component)) continue;
      const awaits = this.events.coming(awaited);
      isRefused ||= refusal !== "";
      if (refusal) this.drop(event, "failed", refusal);
      else if (awaits) this.show(event, "waiting", "", awaits);
      else this.release(event);
    }
    return isRefused;
  }

  /** Refuses events that read one of some components. */
  refuse(components: readonly number[], refusal: string): void {
    for (const event of [...this.held])
      if (this.needs(event.binding.id, components)) this.drop(event, "failed", refusal);
  }

  /** True if an event reads one of some components. */
  needs(binding: number, components: readonly number[]): boolean {
    return components.some((each) => this.reads.get(binding)?.has(each));
  }

  /** Cancels a run that is held; false if it is not. */
  cancel(run: number): boolean {
    const event = this.held.find((each) => each.run === run);
    if (event) this.drop(event, "cancelled", "");
    return event !== undefined;
  }

  /** The session is over: the server no longer knows these events, which keep waiting. */
  forget(): readonly HeldEvent[] {
    for (const event of this.held) event.isTold = false;
    return this.held;
  }

  /** The components that an event waits for. An event of a component is about the value it has, except `submit`. */
  private awaited(binding: Binding, { target }: Trigger): ReadonlySet<number> {
    const reads = this.reads.get(binding.id) ?? NOTHING;
    const [source, event] = binding.targets[target] ?? [];
    return event === "submit" ? reads : new Set([...reads].filter((each) => each !== source));
  }

  private release(event: HeldEvent): void {
    this.held = this.held.filter((each) => each !== event);
    this.show(event, "done", "");
    this.events.released(event);
  }

  private drop(event: HeldEvent, state: "failed" | "cancelled", message: string): void {
    this.held = this.held.filter((each) => each !== event);
    this.show(event, "cancelled", "");
    if (state === "failed") this.explain(event, message);
    this.events.dropped(event);
  }

  /** Says once why an event never began: at its component, or in a message if the component shows nothing. */
  private explain(event: HeldEvent, message: string): void {
    this.refused.set(event.binding.id, event);
    const target = event.binding.targets[event.trigger.target]?.[0];
    if (target !== undefined && this.events.speaks(target)) this.show(event, "failed", message);
    else this.events.failed(message);
  }

  /** On what happened as well as on what will be written: that may show nothing. A failure is shown on the former alone. */
  private show({ binding, run, trigger }: HeldEvent, state: RunView["state"], message: string, words = ""): void {
    const target = binding.targets[trigger.target]?.[0];
    const shown = binding.progress === "hidden" || state === "failed" ? [] : binding.outputs;
    const outputs = [...new Set([...(target === undefined ? [] : [target]), ...shown])];
    const awaits = words ? { awaits: words } : {};
    const [call, etaS] = [HELD_CALL - run, null];
    this.events.show({
      ...{ call, run, binding: binding.id, outputs, progress: "full", state, position: 0, etaS, message },
      ...awaits,
    });
  }
}
