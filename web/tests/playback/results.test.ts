import { expect, it } from "vitest";
import { NewestWins } from "../../src/playback/newest_wins.ts";
import { Results } from "../../src/playback/results.ts";
import { Flag } from "../../src/wire/packet.ts";
import { packet } from "./delta_codec.ts";

it("forgets half results of a session that is over", () => {
  const results = new Results();
  results.announce({
    type: "outputs",
    call: 1,
    stream: 1,
    source: 0,
    run: 0,
    seen: 0,
    packets: 1,
    updates: { 9: { value: 1 } },
  });
  results.clear();
  expect(results.add(packet(1, 1, Flag.KEY))?.updates).toEqual({});
});

it("numbers results in the order in which they were announced", () => {
  const results = new Results();
  const outputs = { type: "outputs", stream: 1, source: 0, run: 0, seen: 7, updates: {} } as const;
  results.announce({ ...outputs, call: 1, packets: 1 });
  const second = results.announce({ ...outputs, call: 2, packets: 0 });
  const first = results.add(packet(1, 1, Flag.KEY));
  expect([first?.order, second?.order]).toEqual([1, 2]);
  expect([first?.seen, results.add(packet(3, 1, Flag.KEY))?.seen]).toEqual([7, Infinity]);
});

it("lets the same result claim a property again, and an older one never", () => {
  const newest = new NewestWins();
  expect([newest.claim(1, "value", 2), newest.claim(1, "value", 2), newest.claim(1, "value", 1)]).toEqual([
    true,
    true,
    false,
  ]);
  expect([newest.claim(1, "label", 1), newest.claim(2, "value", 1)]).toEqual([true, true]);
  expect(newest.filter({ 1: { value: "old", info: "new" }, 3: {} }, 1)).toEqual({ 1: { info: "new" } });
});
