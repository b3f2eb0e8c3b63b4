import { describe, expect, it } from "vitest";
import { Unacted } from "../../src/transport/unacted.ts";
import type { PageMessage } from "../../src/wire/messages.ts";

const bytes = (seq: number, length = 4): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(seq);
const numbers = (unacted: Unacted): number[] => unacted.messages.map((data) => data[0] as number);

const click = (run: number): PageMessage => ({ type: "fire", binding: 0, run });
const edit = (value: string): PageMessage => ({ type: "set", component: 1, value });
const heard = (playback: number): PageMessage => ({
  ...{ type: "played", playback, received: 0, rate: 1, samples: 0, played: 0 },
});

function kept(...messages: PageMessage[]): Unacted {
  const unacted = new Unacted();
  for (const [at, message] of messages.entries()) unacted.keep(at + 1, message, bytes(at + 1));
  return unacted;
}

describe("what is sent again", () => {
  it("is what the server has not acted upon, in order", () => {
    const unacted = kept(edit("a"), click(1), edit("b"), { type: "cancel", run: 1 });
    unacted.settle(2);
    expect(numbers(unacted)).toEqual([3, 4]);
    unacted.settle(1);
    expect(numbers(unacted)).toEqual([3, 4]);
    unacted.settle(4);
    expect(numbers(unacted)).toEqual([]);
  });

  it("is nothing that is said anew anyhow", () => {
    const clock: PageMessage = { type: "clock", page_us: 1 };
    const credit: PageMessage = { type: "credit", stream: 1, limit: 2 };
    const shown: PageMessage = { type: "shown", stream: 1, component: 1, sequence: 1, page_us: 1 };
    expect(numbers(kept(clock, credit, click(1), shown, { type: "ack", seen: 1, audio: 0 }))).toEqual([3]);
  });

  it("is of a position or a state the last, where it stands among the events", () => {
    const hidden = (is: boolean): PageMessage => ({ type: "visible", hidden: is });
    expect(numbers(kept(heard(1), heard(2), hidden(true), heard(1), hidden(false)))).toEqual([2, 4, 5]);
    expect(numbers(kept(heard(1), click(1), heard(1), heard(1)))).toEqual([1, 2, 4]);
  });

  it("is nothing of another session", () => {
    const unacted = kept(click(1));
    unacted.clear();
    expect(numbers(unacted)).toEqual([]);
  });
});

describe("what is kept", () => {
  it("has a bound in messages, beyond which the session cannot go on", () => {
    const unacted = new Unacted();
    for (let seq = 1; seq <= 1024; seq++) unacted.keep(seq, click(seq), bytes(seq));
    expect(unacted.isBroken).toBe(false);
    unacted.keep(1025, click(1025), bytes(1025));
    expect([unacted.isBroken, unacted.messages.length]).toEqual([true, 0]);
    unacted.clear();
    expect(unacted.isBroken).toBe(false);
  });

  it("has a bound in bytes, which counts what is there", () => {
    const unacted = new Unacted();
    const large = 1024 * 1024;
    for (let seq = 1; seq <= 100; seq++) {
      unacted.keep(seq, heard(1), bytes(seq, large));
      unacted.keep(seq + 200, heard(2), bytes(seq, large));
    }
    for (let seq = 301; seq <= 314; seq++) unacted.keep(seq, click(seq), bytes(seq, large));
    expect([unacted.isBroken, unacted.messages.length]).toEqual([false, 16]);
    unacted.keep(315, click(315), bytes(315, large));
    expect(unacted.isBroken).toBe(true);
  });
});
