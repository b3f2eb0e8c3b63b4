/** Ordinary events: begun according to each binding's trigger mode, and shown as the server reports them. */

import type { Ended } from "../constants.ts";
import type { Binding, Manifest } from "../manifest.ts";
import type { StreamSilence } from "../playback/silences.ts";
import type { RunView } from "../states.ts";
import type { Fire, ProgressState, RunState } from "../wire/messages.ts";
import { t } from "../words.ts";
import { HeldEvents, type Trigger } from "./held_events.ts";
import { LiveBindings } from "./live_bindings.ts";
import { RunEstimate } from "./run_progress.ts";

/** Silent streams are shown under numbers that the server gives to none. */
const SILENT_CALL = -2_000_000;

export interface RunsEvents {
  /** Sends it, now or when the link is back; false if too many wait for that already. */
  send(message: Fire): boolean;
  /** Does so in the next session, or when this one is served elsewhere: the server is being restarted, and has not begun it. */
  later(message: Fire): boolean;
  /** Tells the server that an announced run never begins. */
  cancel?(run: number): void;
  /** Runs a binding's script, and returns its values. */
  script(binding: Binding): Promise<unknown[]>;
  /** Writes the values that a binding without a handler computed in the page. */
  write(binding: Binding, values: unknown[]): void;
  show(run: RunView): void;
  failed(message: string): void;
  /** Describes what is on its way to any of some components; empty if nothing is. */
  coming?(components: ReadonlySet<number>): string;
  /** True if a component is visible, and so can show the outcome of its events. */
  speaks?(component: number): boolean;
}

export class Runs {
  /** The bindings that there are. */
  readonly bindings: LiveBindings;
  private readonly events: RunsEvents;
  private readonly active = new Map<number, Set<number>>();
  /** Events that wait for their inputs. */
  readonly held: HeldEvents;
  /** The events asked for, by run, until that is over. */
  readonly sent: Map<number, Fire> = new Map();
  /** The listeners of those who wait for an outcome, by run. */
  private readonly awaited = new Map<number, Ended>();
  /** Callbacks that wait for runs to end. */
  private waiters: (() => void)[] = [];
  /** For `always_last`: the last event during a run. */
  private readonly next = new Map<number, Trigger>();
  /** The last state of each run that is not over. */
  private readonly shown = new Map<number, RunView>();
  /** The components that show what a binding's validator has refused. */
  private readonly refused = new Map<number, number[]>();
  private readonly estimates = new Map<number, RunEstimate>();
  private readonly nowS: () => number;
  private count = 0;

  /** `nowS` is a clock in seconds. */
  constructor(manifest: Manifest, events: RunsEvents, nowS = () => performance.now() / 1000) {
    this.nowS = nowS;
    this.bindings = new LiveBindings(manifest.bindings);
    this.events = events;
    this.held = new HeldEvents(this.bindings.reads, {
      coming: (components) => events.coming?.(components) ?? "",
      released: ({ binding, run, trigger, isTold }) =>
        this.go(binding, trigger, isTold ? run : this.renumber(binding, run), isTold),
      dropped: ({ binding, run, isTold }) => {
        if (isTold) events.cancel?.(run);
        this.finish(binding, run);
      },
      speaks: (component) => events.speaks?.(component) ?? true,
      failed: (message) => events.failed(message),
      show: (run) => events.show(run),
    });
  }

  /** An event of a component: begins its bindings. Streams begin only by Record. */
  fire(component: number, event: string, data: unknown = null, ended?: Ended): void {
    const before = this.count;
    for (const binding of this.bindings.current) {
      if (binding.stream) continue;
      const target = binding.targets.findIndex(([source, name]) => source === component && name === event);
      if (target >= 0) this.trigger(binding, { target, data });
    }
    if (!ended) return;
    const isUnderWay = [...this.active.values()].some((runs) => runs.has(this.count));
    if (this.count > before && isUnderWay) this.awaited.set(this.count, ended);
    else ended(null);
  }

  /** The script of a binding that the server began has run; its handler, if any, gets the script's results. */
  answer(binding: Binding, values: unknown[]): void {
    this.send(binding, this.begin(binding), { target: 0, data: null }, values);
  }

  binding(number: number): Binding | undefined {
    return this.bindings.known.get(number);
  }

  /** The element that an event came from; -1 for an event of the server. */
  source({ binding, target = 0 }: Fire): number {
    return this.bindings.known.get(binding)?.targets[target]?.[0] ?? -1;
  }

  /** The number of the run that was begun last. */
  get last(): number {
    return this.count;
  }

  /** Resolves when no run after number `since` is left that writes a component without having read it. */
  async settled(component: number, since: number): Promise<void> {
    const isWritten = (): boolean =>
      [...this.active].some(([number, runs]) => {
        const isWriter = this.bindings.known.get(number)?.outputs.includes(component);
        if (!isWriter || this.bindings.reads.get(number)?.has(component)) return false;
        return [...runs].some((run) => run > since && !this.held.has(run));
      });
    while (isWritten()) await new Promise<void>((resolve) => this.waiters.push(resolve));
  }

  /** The server reports the state of a run. */
  update(state: RunState): void {
    const binding = this.bindings.known.get(state.binding);
    if (!binding) return;
    if (state.state === "later") {
      const fire = this.sent.get(state.run);
      if (fire && !this.events.later(fire)) this.refuse(fire, t("The app does not answer…"));
      return;
    }
    const { call, run, position, message } = state;
    const etaS = state.eta_s < 0 ? null : state.eta_s;
    const { outputs } = binding;
    const view = {
      call,
      run,
      binding: binding.id,
      outputs,
      ...progressOf(binding),
      state: state.state,
      position,
      etaS,
      message,
    };
    const isOver = state.state !== "waiting" && state.state !== "running";
    if (isOver) {
      this.shown.delete(call);
      this.estimates.delete(call);
    } else this.shown.set(call, view);
    this.showProblems(view, state.problems ?? {});
    if (isOver) this.awaited.get(run)?.(state);
    if (isOver && run) this.finish(binding, run);
  }

  /** Ends the run of an event that cannot be sent, and says why. */
  refuse({ binding, run }: Fire, reason: string): void {
    const message = t("This did not run: {reason}", { reason });
    if (!this.bindings.known.get(binding)?.outputs.length) this.events.failed(message);
    this.update({
      type: "runstate",
      run,
      call: 0,
      binding,
      state: "failed",
      position: 0,
      eta_s: -1,
      message,
      problems: {},
    });
  }

  /** Says what a validator has refused where that was entered; what it refused before counts no more. */
  private showProblems(view: RunView, problems: RunState["problems"]): void {
    const { binding } = view;
    const components = Object.keys(problems).map(Number);
    const corrected = this.refused.get(binding)?.filter((component) => !components.includes(component)) ?? [];
    if (corrected.length > 0) this.events.show({ ...view, outputs: corrected, state: "cancelled", message: "" });
    if (components.length === 0) {
      this.refused.delete(binding);
      this.events.show(view);
      return;
    }
    this.refused.set(binding, components);
    this.events.show({ ...view, state: "cancelled", message: "" });
    for (const component of components) {
      this.events.show({ ...view, outputs: [component], message: problems[component] ?? "" });
    }
  }

  /** The server reports the progress of a run, or of a stream's call, whose view exists only during progress. */
  advance({ call, binding: number, stream, levels }: ProgressState): void {
    const binding = this.bindings.known.get(number);
    const view = this.shown.get(call) ?? (stream && binding ? streamed(call, binding) : null);
    if (!view) return;
    const estimate = this.estimates.get(call) ?? new RunEstimate();
    const shown: RunView = { ...view, advance: estimate.advance(levels, this.nowS()) };
    if (stream && levels.length === 0) {
      this.shown.delete(call);
      this.estimates.delete(call);
      this.events.show({ ...shown, state: "done" });
      return;
    }
    this.estimates.set(call, estimate);
    this.shown.set(call, shown);
    this.events.show(shown);
  }

  /** The session is over, and every run with it; see `abandon` for those that the next one begins. */
  clear(): void {
    for (const view of this.shown.values()) this.events.show({ ...view, state: "cancelled", message: "" });
    this.shown.clear();
    this.refused.clear();
    this.estimates.clear();
    this.active.clear();
    this.next.clear();
    for (const { binding, run } of this.held.forget()) this.mark(binding, run);
    this.wake();
  }

  /** Says of the runs asked for that they never end, except those of some fires, which the next session gets. */
  abandon(later: readonly Fire[] = []): void {
    const goesOn = new Set(later.map(({ run }) => run));
    for (const run of [...this.sent.keys(), ...this.awaited.keys()]) {
      if (goesOn.has(run)) continue;
      this.awaited.get(run)?.(null);
      this.awaited.delete(run);
      this.sent.delete(run);
    }
  }

  private trigger(binding: Binding, trigger: Trigger): void {
    if (binding.trigger !== "multiple" && this.active.get(binding.id)?.size) {
      if (binding.trigger === "always_last") this.next.set(binding.id, trigger);
      return;
    }
    const awaits = this.held.admit(binding, trigger);
    const run = this.begin(binding);
    if (!awaits) {
      this.go(binding, trigger, run);
      return;
    }
    this.send(binding, run, trigger, null, { held: true });
    this.held.hold({ binding, run, trigger, isTold: true }, awaits);
  }

  /** Begins a run; it keeps its number if `isFixed`. */
  private go(binding: Binding, trigger: Trigger, run: number, isFixed = false): void {
    if (binding.js === null) this.send(binding, run, trigger, null);
    else void this.compute(binding, trigger, run, isFixed);
  }

  private begin(binding: Binding): number {
    return this.mark(binding, ++this.count);
  }

  private mark(binding: Binding, run: number): number {
    this.active.set(binding.id, (this.active.get(binding.id) ?? new Set()).add(run));
    return run;
  }

  /** Others may have begun meanwhile; the server accepts new runs only with rising numbers. */
  private renumber(binding: Binding, run: number): number {
    this.active.get(binding.id)?.delete(run);
    return this.begin(binding);
  }

  private send(binding: Binding, run: number, trigger: Trigger, inputs: unknown[] | null, more: object = {}): void {
    const { target, data } = trigger;
    const fire: Fire = { type: "fire", binding: binding.id, run, target, data: data ?? null, inputs, ...more };
    this.sent.set(run, fire);
    if (!this.events.send(fire)) this.refuse(fire, t("The app does not answer…"));
  }

  private async compute(binding: Binding, trigger: Trigger, begun: number, isFixed: boolean): Promise<void> {
    let run = begun;
    let values: unknown[];
    try {
      values = await this.events.script(binding);
    } catch (error) {
      this.events.failed(error instanceof Error ? error.message : String(error));
      this.finish(binding, run);
      return;
    }
    if (!isFixed) run = this.renumber(binding, run);
    if (!binding.handler) this.events.write(binding, values);
    // Also without a handler: the server begins chained events, and ends those that the event cancels.
    this.send(binding, run, trigger, binding.handler ? values : null);
    if (!binding.handler) this.finish(binding, run);
  }

  private finish(binding: Binding, run: number): void {
    this.sent.delete(run);
    this.awaited.delete(run);
    if (!this.active.get(binding.id)?.delete(run)) return;
    this.wake();
    const next = this.next.get(binding.id);
    this.next.delete(binding.id);
    if (next) this.trigger(binding, next);
  }

  private wake(): void {
    for (const wake of this.waiters.splice(0)) wake();
  }
}

/** The view of a stream's call while it reports progress. */
function streamed(call: number, binding: Binding): RunView {
  const { id, outputs } = binding;
  const common = { call, run: 0, binding: id, outputs, ...progressOf(binding) };
  return { ...common, state: "running", position: 0, etaS: null, message: "" };
}

function progressOf({ progress, progress_on: shownOn }: Binding): Pick<RunView, "progress" | "shownOn"> {
  return shownOn ? { progress, shownOn } : { progress };
}

/** The view by which a stream's outputs show its failure, like those of an ordinary event; its input shows it in its own frame. */
export function streamRun(binding: Binding, state: "done" | "failed", message = ""): RunView {
  const outputs = binding.outputs.filter((output) => output !== binding.stream?.component);
  return {
    call: -1 - binding.id,
    run: 0,
    binding: binding.id,
    outputs,
    progress: "hidden",
    state,
    position: 0,
    etaS: null,
    message,
  };
}

/** The view by which a stream's outputs show that the app is silent, or answers again. */
export function silentRun(binding: Binding, { seconds, isFirst }: Omit<StreamSilence, "stream">): RunView {
  const view = streamed(SILENT_CALL - binding.id, binding);
  return seconds > 0 ? { ...view, progress: "minimal", silence: { seconds, isFirst } } : { ...view, state: "done" };
}
