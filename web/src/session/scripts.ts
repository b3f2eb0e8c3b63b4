/** The `js=` of bindings: functions in the page, between the values of inputs and those of inputs or outputs. */

import type { Binding } from "../manifest.ts";
import type { Store } from "./store.ts";

export type PageScript = (...values: unknown[]) => unknown;

declare global {
  interface Window {
    /** Written into the page by the server, by binding number. */
    millstreamScripts?: { [binding: string]: PageScript };
  }
}

/**
 * Runs a binding's script on the values of its inputs, followed by those of its outputs.
 *
 * Returns one value for each input, if a handler follows, otherwise one for each output; null if the script returned
 * nothing where nothing is needed. Throws the script's own error, or one that names the binding.
 */
export async function runScript(binding: Binding, inputs: unknown[], outputs: unknown[]): Promise<unknown[]> {
  const script = window.millstreamScripts?.[binding.id];
  if (!script) throw new Error(`The page has no script for event ${binding.id}.`);
  const result = await script(...inputs, ...outputs);
  const wanted = (binding.handler ? binding.inputs : binding.outputs).length;
  if (wanted === 0) return [];
  if (wanted === 1) return [Array.isArray(result) && result.length === 1 ? result[0] : result];
  if (Array.isArray(result) && result.length === wanted) return result;
  throw new Error(`The script of event ${binding.id} must return a list of ${wanted} values.`);
}

export interface ScriptsEvents {
  /** A script gave a component a value. */
  write(component: number, value: unknown): void;
  /** The script has run; a handler, if one follows, gets `values`. */
  answer(binding: Binding, values: unknown[]): void;
  failed(message: string): void;
}

/** Runs the scripts of bindings on the current values of components. */
export class Scripts {
  private readonly store: Store;
  private readonly events: ScriptsEvents;

  constructor(store: Store, events: ScriptsEvents) {
    this.store = store;
    this.events = events;
  }

  /** Runs a script that the page begins, and returns its values. Throws like `runScript`. */
  run(binding: Binding): Promise<unknown[]> {
    return runScript(binding, this.values(binding.inputs), this.values(binding.outputs));
  }

  /** Runs a script that the server begins, on the inputs that it sent. */
  async serve(binding: Binding, inputs: unknown[]): Promise<void> {
    try {
      const values = await runScript(binding, inputs, this.values(binding.outputs));
      if (!binding.handler) this.write(binding, values);
      this.events.answer(binding, binding.handler ? values : []);
    } catch (error) {
      this.events.failed(error instanceof Error ? error.message : String(error));
    }
  }

  /** Writes the results of a script without a handler. */
  write(binding: Binding, values: unknown[]): void {
    for (const [index, component] of binding.outputs.entries()) this.events.write(component, values[index] ?? null);
  }

  private values(components: number[]): unknown[] {
    return components.map((component) => this.store.value(component));
  }
}
