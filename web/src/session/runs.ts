/** Ordinary events: which of them run, by each binding's trigger mode, and what the server says of them. */

import type { Binding, Manifest } from "../manifest.ts";
import type { RunView } from "../view.ts";
import type { Fire, RunState } from "../wire/messages.ts";

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
  private count = 0;

  constructor(manifest: Manifest, events: RunsEvents) {
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

  /** The server began a binding that has a script and a handler: the handler gets what the script made of the inputs. */
  answer(binding: Binding, values: unknown[]): void {
    const run = ++this.count;
    this.active.set(binding.id, (this.active.get(binding.id) ?? new Set()).add(run));
    this.send(binding, run, { target: 0, data: null }, values);
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
    if (isOver) this.shown.delete(call);
    else this.shown.set(call, view);
    this.events.show(view);
    if (isOver && run) this.finish(binding, run);
  }

  /** The session is over, and every run with it. */
  clear(): void {
    for (const view of this.shown.values()) this.events.show({ ...view, state: "cancelled", message: "" });
    this.shown.clear();
    this.active.clear();
    this.next.clear();
  }

  private trigger(binding: Binding, trigger: Trigger): void {
    if (binding.trigger !== "multiple" && this.active.get(binding.id)?.size) {
      if (binding.trigger === "always_last") this.next.set(binding.id, trigger);
      return;
    }
    const run = ++this.count;
    const active = this.active.get(binding.id) ?? new Set();
    this.active.set(binding.id, active.add(run));
    if (binding.js === null) this.send(binding, run, trigger, null);
    else void this.compute(binding, run, trigger);
  }

  private send(binding: Binding, run: number, { target, data }: Trigger, inputs: unknown[] | null): void {
    this.events.send({ type: "fire", binding: binding.id, run, target, data: data ?? null, inputs });
  }

  private async compute(binding: Binding, run: number, trigger: Trigger): Promise<void> {
    let values: unknown[];
    try {
      values = await this.events.script(binding);
    } catch (error) {
      this.events.failed(error instanceof Error ? error.message : String(error));
      this.finish(binding, run);
      return;
    }
    if (binding.handler) this.send(binding, run, trigger, values);
    else {
      this.events.write(binding, values);
      this.finish(binding, run);
    }
  }

  private finish(binding: Binding, run: number): void {
    this.active.get(binding.id)?.delete(run);
    const next = this.next.get(binding.id);
    this.next.delete(binding.id);
    if (next) this.trigger(binding, next);
  }
}
