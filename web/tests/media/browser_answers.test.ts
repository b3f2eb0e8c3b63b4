import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { errorName, isPrompt } from "../../src/media/browser_answers.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("tells what resolves in time from what may never settle", async () => {
  expect(await isPrompt(Promise.resolve("late"), 10)).toBe(true);
  const never = isPrompt(new Promise(() => {}), 3_000);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await never).toBe(false);
});

it("rejects with what rejects, and leaves no timer", async () => {
  await expect(isPrompt(Promise.reject(new Error("broken")), 10)).rejects.toThrow("broken");
  expect(vi.getTimerCount()).toBe(0);
});

it.each([
  [new DOMException("", "AbortError"), "AbortError"],
  [new TypeError("x"), "TypeError"],
  [{ name: "OverconstrainedError" }, "OverconstrainedError"],
  [{ name: 5 }, ""],
  ["text", ""],
  [null, ""],
  [undefined, ""],
])("an error is known by its name: %s", (error, name) => {
  expect(errorName(error)).toBe(name);
});
