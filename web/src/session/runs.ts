/** Ordinary events: which of them run, by each binding's trigger mode, and what the server says of them. */

import type { Binding, Manifest } from "../manifest.ts";
import type { RunView } from "../view.ts";
import type { Fire, Progress, RunState } from "../wire/messages.ts";
import { Estimate } from "./estimate.ts";

export interface RunsEvents {
  send(message: Fire): void;
  /** Runs a binding's script; the values that it returned. */
  script(binding: Binding): Promise<unknown[]>;
  /** Writes what a binding without a handler computed in the page. */
  write(binding: Binding, values: unknown[]): void;
  show(run: RunView): void;
  failed(message: string): void;
}

interface Trigger {
  target: number;
  data: unknown;
}

export class Runs {
  private readonly bindings: Map<number, Binding>;
  private readonly events: RunsEvents;
  private readonly active = new Map<number, Set<number>>();
  /** For `always_last`: what happened during a run. */
  private readonly next = new Map<number, Trigger>();
  /** The last word on each run that is not over. */
  private readonly shown = new Map<number, RunView>();
  private readonly estimates = new Map<number, Estimate>();
  private readonly nowS: () => number;
  private count = 0;

  /** `nowS` is a clock in seconds. */
  constructor(manifest: Manifest, events: RunsEvents, nowS = () => performance.now() / 1000) {
    this.nowS = nowS;
    this.bindings = new Map(manifest.bindings.map((binding) => [binding.id, binding]));
    this.events = events;
  }

  /** Something happened to a component: begins what is bound to it. Streams are begun by Record alone. */
  fire(component: number, event: string, data: unknown = null): void {
    for (const binding of this.bindings.values()) {
      if (binding.stream) continue;
      const target = binding.targets.findIndex(([source, name]) => source === component && name === event);
      if (target >= 0) this.trigger(binding, { target, data });
    }
  }

  /** The server began a binding that has a script, which has run; its handler, if any, gets what it made of the inputs. */
  answer(binding: Binding, values: unknown[]): void {
    this.send(binding, this.begin(binding), { target: 0, data: null }, values);
  }

  binding(number: number): Binding | undefined {
    return this.bindings.get(number);
  }

  /** The server says where a run is. */
  update(state: RunState): void {
    const binding = this.bindings.get(state.binding);
    if (!binding) return;
    const { call, run, position, message } = state;
    const etaS = state.eta_s < 0 ? null : state.eta_s;
    const { outputs, progress } = binding;
    const view = { call, run, binding: binding.id, outputs, progress, state: state.state, position, etaS, message };
    const isOver = state.state !== "waiting" && state.state !== "running";
    if (isOver) this.forget(call);
    else this.shown.set(call, view);
    this.events.show(view);
    if (isOver && run) this.finish(binding, run);
  }

  /** The server says how far a run is, or a call of a stream: only the latter begins and ends with that. */
  advance({ call, binding: number, stream, levels }: Progress): void {
    const binding = this.bindings.get(number);
    const view = this.shown.get(call) ?? (stream && binding ? streamed(call, binding) : null);
    if (!view) return;
    const estimate = this.estimates.get(call) ?? new Estimate();
    const shown: RunView = { ...view, advance: estimate.advance(levels, this.nowS()) };
    if (stream && levels.length === 0) {
      this.forget(call);
      this.events.show({ ...shown, state: "done" });
      return;
    }
    this.estimates.set(call, estimate);
    this.shown.set(call, shown);
    this.events.show(shown);
  }

  /** The session is over, and every run with it. */
  clear(): void {
    for (const view of this.shown.values()) this.events.show({ ...view, state: "cancelled", message: "" });
    this.shown.clear();
    this.estimates.clear();
    this.active.clear();
    this.next.clear();
  }

  private forget(call: number): void {
    this.shown.delete(call);
    this.estimates.delete(call);
  }

  private trigger(binding: Binding, trigger: Trigger): void {
    if (binding.trigger !== "multiple" && this.active.get(binding.id)?.size) {
      if (binding.trigger === "always_last") this.next.set(binding.id, trigger);
      return;
    }
    if (binding.js === null) this.send(binding, this.begin(binding), trigger, null);
    else void this.compute(binding, trigger);
  }

  private begin(binding: Binding): number {
    const run = ++this.count;
    this.active.set(binding.id, (this.active.get(binding.id) ?? new Set()).add(run));
    return run;
  }

  private send(binding: Binding, run: number, { target, data }: Trigger, inputs: unknown[] | null): void {
    this.events.send({ type: "fire", binding: binding.id, run, target, data: data ?? null, inputs });
  }

  private async compute(binding: Binding, trigger: Trigger): Promise<void> {
    let run = this.begin(binding);
    let values: unknown[];
    try {
      values = await this.events.script(binding);
    } catch (error) {
      this.events.failed(error instanceof Error ? error.message : String(error));
      this.finish(binding, run);
      return;
    }
    // Others may have begun while the script ran; the server takes runs by rising numbers only.
    this.active.get(binding.id)?.delete(run);
    run = this.begin(binding);
    if (!binding.handler) this.events.write(binding, values);
    // Without a handler too: the server begins what follows, and ends what the event cancels.
    this.send(binding, run, trigger, binding.handler ? values : null);
    if (!binding.handler) this.finish(binding, run);
  }

  private finish(binding: Binding, run: number): void {
    if (!this.active.get(binding.id)?.delete(run)) return;
    const next = this.next.get(binding.id);
    this.next.delete(binding.id);
    if (next) this.trigger(binding, next);
  }
}

/** How a call of a stream shows while it says how far it is. */
function streamed(call: number, { id, outputs, progress }: Binding): RunView {
  return { call, run: 0, binding: id, outputs, progress, state: "running", position: 0, etaS: null, message: "" };
}
