/** Sentences of the session for the user. */
import type { Trouble } from "../states.ts";
import { t } from "../words.ts";

export const LOST: Trouble = {
  code: "lost",
  message: t("The connection to the app was lost. Press Record to start again."),
};

/** The reason why an event waits for a recording. */
export const RECORDING = t("Waiting for the recording to be complete");

export const WITHDRAWN = t("This did not run: what it waited for was taken back.");

export const DROPPED = t("This did not run: a file that it needs was lost with the connection. Choose the file again.");

export const TOO_LARGE = t("That is too large to be sent. Upload it as a file instead.");

/** The page is of an earlier version of the app. */
export const OUTDATED = t("This page is older than the app. Reload it: what you entered is kept.");

/** Another page has come back to the session of this one. */
export const ELSEWHERE = t(
  "This page is open in another tab or window, and continues there. Reload it to use it here, too.",
);

const FILES = t("Choose your files again.");

export const RELOADED = `${t("The page was reloaded.")} ${FILES}`;

/** Another session had to begin: says what is gone, what is still there, and what goes on. */
export function startedOver(has: { edits: boolean; files: boolean; recording: boolean }): string {
  const sentences = [t("The app started over after the connection was lost, and no longer remembers this page.")];
  if (has.edits) sentences.push(t("What you entered is still here."));
  if (has.files) sentences.push(FILES);
  if (has.recording) sentences.push(t("Your recording has started again."));
  return sentences.join(" ");
}

/** True if a value is empty: no file, and in a message no word either. */
export function isEmpty(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return !value;
  if ("files" in value) return !("text" in value && value.text) && isEmpty(value.files);
  return Array.isArray(value) && value.length === 0;
}
