/** Sentences of the session for the user. */
import type { Trouble } from "../states.ts";

export const LOST: Trouble = {
  code: "lost",
  message: "The connection to the app was lost. Press Record to start again.",
};

/** After "Waiting for". */
export const RECORDING = "the recording to be complete";

export const WITHDRAWN = "This did not run: what it waited for was taken back.";

export const DROPPED = "This did not run: a file that it needs was lost with the connection. Choose the file again.";

/** True if a value is empty: no file, and in a message no word either. */
export function isEmpty(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return !value;
  if ("files" in value) return !("text" in value && value.text) && isEmpty(value.files);
  return Array.isArray(value) && value.length === 0;
}
