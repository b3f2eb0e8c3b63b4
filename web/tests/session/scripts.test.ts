import { expect, it, vi } from "vitest";
import { runScript } from "../../src/session/scripts.ts";
import { binding } from "./manifest.ts";

const withScript = (script: (...values: unknown[]) => unknown): void =>
  void vi.stubGlobal("window", { millstreamScripts: { 0: script } });

it("gets the inputs, then the outputs", async () => {
  const script = vi.fn(async () => "x");
  withScript(script);
  expect(await runScript(binding(), ["a"], [1])).toEqual(["x"]);
  expect(script).toHaveBeenCalledWith("a", 1);
});

it("returns one value, or a list of as many as are wanted", async () => {
  withScript(() => ["a", "b"]);
  expect(await runScript(binding({ inputs: [1, 2] }), [], [])).toEqual(["a", "b"]);
  expect(await runScript(binding({ inputs: [1] }), [], [])).toEqual([["a", "b"]]);
  expect(await runScript(binding({ handler: false, outputs: [] }), [], [])).toEqual([]);
  await expect(runScript(binding({ inputs: [1, 2, 3] }), [], [])).rejects.toThrow("a list of 3 values");
});

it("that is missing is named", async () => {
  vi.stubGlobal("window", {});
  await expect(runScript(binding({ id: 7 }), [], [])).rejects.toThrow("event 7");
});
