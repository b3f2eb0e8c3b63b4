import { expect, test } from "vitest";
import { Silences } from "../../src/playback/silences.ts";

function running(everyS = 0): Silences {
  const silences = new Silences();
  silences.open(1, everyS);
  silences.run(1, true, 0);
  silences.sent(1);
  return silences;
}

test("silence is a line after 1.5 s, told in words after 5 s, and counted", () => {
  const silences = running();

  expect(silences.look(1_400, true)).toEqual([]);
  expect(silences.look(1_600, true)).toEqual([{ stream: 1, seconds: 1, isFirst: true }]);
  expect(silences.look(4_900, true)).toEqual([]);
  expect(silences.look(5_100, true)).toEqual([{ stream: 1, seconds: 5, isFirst: true }]);
  expect(silences.look(5_600, true)).toEqual([]);
  expect(silences.look(6_100, true)).toEqual([{ stream: 1, seconds: 6, isFirst: true }]);
});

test("an answer ends it, and a stream that had a result is another one", () => {
  const silences = running();
  silences.look(2_000, true);
  silences.answered(1, 2_100);

  expect(silences.look(2_200, true)).toEqual([{ stream: 1, seconds: 0, isFirst: false }]);
  expect(silences.look(4_000, true)).toEqual([{ stream: 1, seconds: 1, isFirst: false }]);
});

test("a call that returns and changes nothing is an answer, and more credit alone is none", () => {
  const silences = running();
  silences.returned(1, 1, 1_000);
  silences.returned(1, 1, 2_000);
  expect(silences.look(2_400, true)).toEqual([]);
  expect(silences.look(2_600, true)).toHaveLength(1);
});

test("what comes seldom is missed later, and what was never sent not at all", () => {
  expect(running(2).look(3_400, true)).toEqual([]);
  expect(running(2).look(3_600, true)).toHaveLength(1);

  const unsent = new Silences();
  unsent.open(1, 0);
  unsent.run(1, true, 0);
  expect(unsent.look(9_000, true)).toEqual([]);
});

test("a lost link and a wait in the queue are no silence of the app", () => {
  const silences = running();
  expect(silences.look(9_000, false)).toEqual([]);
  expect(silences.look(10_000, true)).toEqual([]);
  silences.run(1, false, 10_100);
  expect(silences.look(20_000, true)).toEqual([]);
});

test("the end of a stream takes back what was told", () => {
  const silences = running();
  silences.look(2_000, true);

  expect(silences.close(1)).toEqual([{ stream: 1, seconds: 0, isFirst: false }]);
  expect(silences.close(1)).toEqual([]);
  expect(silences.isEmpty).toBe(true);
});
