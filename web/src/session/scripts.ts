/** The `js=` of bindings: functions in the page, between the values of inputs and those of inputs or outputs. */

import type { Binding } from "../manifest.ts";

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
 * nothing where nothing is needed. Throws what the script throws, or an error that names the binding.
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
