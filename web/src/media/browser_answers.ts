/** The answers of browsers: promises that may never settle, and errors that are known by their names alone. */

/** True if a promise resolves within so many milliseconds; rejects if it does. */
export async function isPrompt(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((give) => {
    timer = setTimeout(give, ms, false);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The name of anything that was thrown; empty if it has none.
 *
 * Errors of browsers are asked for their name, not for their class: what is a `DOMException` in one engine is something
 * else in another, an `OverconstrainedError` for instance.
 */
export function errorName(error: unknown): string {
  const name = typeof error === "object" && error !== null && "name" in error ? error.name : "";
  return typeof name === "string" ? name : "";
}
