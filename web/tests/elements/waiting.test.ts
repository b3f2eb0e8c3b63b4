// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Countdown, Waiting } from "../../src/elements/parts/waiting.ts";

describe("a countdown", () => {
  it("runs between the words of the server", () => {
    const countdown = new Countdown();
    countdown.expect(20, 100);
    expect([100, 105, 119].map((nowS) => countdown.left(nowS))).toEqual([20, 15, 1]);
  });

  it("knows nothing where nothing is known, or when its time is over", () => {
    const countdown = new Countdown();
    expect(countdown.left(0)).toBeNull();
    countdown.expect(3, 0);
    expect(countdown.left(3)).toBeNull();
    countdown.expect(null, 1);
    expect(countdown.left(1)).toBeNull();
  });

  it("does not rise by less than a few seconds, and falls at once", () => {
    const countdown = new Countdown();
    countdown.expect(20, 0);
    countdown.expect(23, 1);
    expect(countdown.left(1)).toBe(19);
    countdown.expect(10, 2);
    expect(countdown.left(2)).toBe(10);
    countdown.expect(40, 3);
    expect(countdown.left(3)).toBe(40);
  });
});

describe("the words", () => {
  let waiting: Waiting;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    waiting = new Waiting();
    document.body.replaceChildren(waiting);
  });
  afterEach(() => vi.useRealTimers());

  async function words(): Promise<string> {
    await waiting.updateComplete;
    return waiting.textContent ?? "";
  }

  it("count down by themselves, in steps that do not tremble", async () => {
    Object.assign(waiting, { position: 2, etaS: 21 });
    const said = [await words()];
    for (let second = 1; second <= 22; second++) {
      waiting.etaS = 21 - second + (second % 3) - 1; // the server is never quite sure
      vi.advanceTimersByTime(1_000);
      const now = await words();
      if (now !== said.at(-1)) said.push(now);
    }
    const seconds = said.map((each) => Number(/about (\d+) s/.exec(each)?.[1] ?? 0));
    expect(said[0]).toBe("2nd in line, about 25 s");
    expect(seconds).toEqual([...seconds].sort((a, b) => b - a));
    expect(said.at(-1)).toBe("2nd in line");
  });

  it("invent nothing", async () => {
    waiting.position = 3;
    expect(await words()).toBe("3rd in line");
    vi.advanceTimersByTime(60_000);
    expect(await words()).toBe("3rd in line");
  });

  it("read out the place alone", async () => {
    Object.assign(waiting, { position: 1, etaS: 8 });
    await words();
    expect(waiting.querySelector("[aria-live=off]")?.textContent).toBe(", about 8 s");
  });
});
