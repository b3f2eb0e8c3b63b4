/** The app's functions that a script of a template may call. */

import type { Ended } from "../../constants.ts";
import { plain } from "./given_props.ts";

/** Each function by its name: resolves to its result, rejects with the reason. */
export type ServerFunctions = Record<string, (...said: unknown[]) => Promise<unknown>>;

/** The object `server` of the script; `call` hands on a call with its arguments. */
export function serverFunctions(
  names: readonly string[],
  call: (name: string, said: unknown, ended: Ended) => void,
): ServerFunctions {
  const functions = names.map((name): [string, ServerFunctions[string]] => [
    name,
    (...said: unknown[]) =>
      new Promise((resolve, reject) => {
        call(name, plain(said), (outcome) => {
          if (outcome?.state === "done") resolve(outcome.answer);
          else
            reject(
              new Error(
                outcome?.message ||
                  `${name}() gave no result: the call was not possible, was cancelled, or the connection was lost.`,
              ),
            );
        });
      }),
  ]);
  return Object.freeze(Object.fromEntries(functions));
}
