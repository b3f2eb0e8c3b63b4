import { beforeEach, expect, it } from "vitest";
import { KnownEdits } from "../../src/session/known_edits.ts";

let edits: KnownEdits;
beforeEach(() => {
  edits = new KnownEdits();
});

it("knows everything while nothing was edited", () => {
  expect(edits.isKnown(1, 0)).toBe(true);
});

it("is known to a server that has read so far, and to no other", () => {
  edits.post(1);
  edits.confirm(1, 7);
  expect([6, 7, 8].map((seen) => edits.isKnown(1, seen))).toEqual([false, true, true]);
  expect(edits.isKnown(2, 6)).toBe(true);
});

it("is known to nobody while the worker has not sent it", () => {
  edits.post(1);
  edits.post(1);
  edits.confirm(1, 7);
  expect(edits.isKnown(1, 99)).toBe(false);
  edits.confirm(1, 8);
  expect([7, 8].map((seen) => edits.isKnown(1, seen))).toEqual([false, true]);
});

it("that could not be sent is not waited for", () => {
  edits.post(1);
  edits.confirm(1, 7);
  edits.post(1);
  edits.confirm(1, 0);
  expect([6, 7].map((seen) => edits.isKnown(1, seen))).toEqual([false, true]);
});

it("is forgotten with its session, whatever of it is still on its way", () => {
  edits.post(1);
  edits.clear();
  edits.confirm(1, 70);
  edits.clear();
  expect(edits.isKnown(1, 2)).toBe(true);
});
