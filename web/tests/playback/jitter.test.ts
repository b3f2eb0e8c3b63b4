import { beforeEach, describe, expect, it } from "vitest";
import { FIRST_S, JitterBuffer } from "../../src/playback/jitter.ts";

const RATE = 16_000;
const QUANTUM = 128;
const ENOUGH = FIRST_S * RATE;

let buffer: JitterBuffer;

beforeEach(() => {
  buffer = new JitterBuffer(RATE, 1);
});

/** What is heard in some quanta, as int16. */
function pull(quanta = 1, channels = 1): number[][] {
  const heard: number[][] = Array.from({ length: channels }, () => []);
  for (let i = 0; i < quanta; i++) {
    const output = Array.from({ length: channels }, () => new Float32Array(QUANTUM).fill(9));
    buffer.pull(output);
    for (const [channel, samples] of output.entries()) {
      heard[channel]?.push(...Array.from(samples, (sample) => Math.round(sample * 32768)));
    }
  }
  return heard;
}

const rise = (from: number, length: number): Int16Array => Int16Array.from({ length }, (_, at) => from + at);
const numbers = (from: number, length: number): number[] => Array.from(rise(from, length));

describe("audio", () => {
  it("is heard from the first sample to the last, whatever its pieces", () => {
    let at = 1;
    for (const length of [960, 1, 127, 128, 129, 7, 320]) {
      buffer.push(rise(at, length));
      at += length;
    }
    buffer.end();
    const heard = pull(20)[0] ?? [];
    expect(heard.slice(0, at - 1)).toEqual(numbers(1, at - 1));
    expect(buffer.played).toBe(at - 1);
    expect(buffer.gaps).toBe(0);
    expect(buffer.isOver).toBe(true);
  });

  it("keeps its channels apart", () => {
    buffer = new JitterBuffer(RATE, 2);
    buffer.push(Int16Array.from({ length: 512 }, (_, at) => (at % 2 ? -at : at)));
    buffer.end();
    const [left, right] = pull(2, 2);
    expect(left?.slice(0, 4)).toEqual([0, 2, 4, 6]);
    expect(right?.slice(0, 4)).toEqual([-1, -3, -5, -7]);
    expect(buffer.played).toBe(256);
  });

  it("gathers a little more than one piece before it is heard", () => {
    for (let at = 1; at < ENOUGH; at += 320) buffer.push(rise(at, 320));
    expect(pull()[0]).toEqual(Array(QUANTUM).fill(0));
    buffer.push(rise(ENOUGH + 1, 320));
    expect(pull()[0]).toEqual(numbers(1, QUANTUM));
  });

  it.each([320, 1600, 4800])(
    "in real time, in pieces of %i samples, has no gap when one is late by 50 ms",
    (length) => {
      const late = Math.floor((0.05 * RATE) / QUANTUM) * QUANTUM;
      const heard: number[] = [];
      let [at, next] = [0, 0];
      for (let now = 0; now < 10 * length; now += QUANTUM) {
        if (now >= next) {
          buffer.push(rise(at + 1, length));
          at += length;
          next = at === 4 * length ? at + late : at;
        }
        heard.push(...(pull()[0] ?? []));
      }
      const begin = heard.findIndex((sample) => sample !== 0);
      expect(begin).toBeGreaterThanOrEqual(ENOUGH);
      expect(begin).toBeLessThan(ENOUGH + 2 * QUANTUM);
      expect(heard.slice(begin)).toEqual(numbers(1, heard.length - begin));
      expect(buffer.gaps).toBe(0);
    },
  );

  it("does not wait longer for company than it would take to gather it", () => {
    buffer.push(rise(1, 320));
    const quiet = Math.ceil(ENOUGH / QUANTUM);
    expect(pull(quiet)[0]?.every((sample) => sample === 0)).toBe(true);
    expect(pull()[0]).toEqual(numbers(1, QUANTUM));
  });

  it("is silent before there is any", () => {
    expect(pull(50)[0]?.every((sample) => sample === 0)).toBe(true);
    expect(buffer.gaps).toBe(0);
    expect(buffer.isOver).toBe(false);
  });
});

describe("audio in real time", () => {
  const QUIET = 50;

  /** Ten seconds of it, of which every other second is silent; tells how much waits before and after. */
  function echo(isLive: boolean): [number, number] {
    buffer.isLive = isLive;
    let given = 0;
    const piece = (): void => {
      buffer.push(new Int16Array(1600).fill(Math.floor(given / RATE) % 2 ? QUIET : 20_000));
      given += 1600;
    };
    for (let late = 0; late < 5; late++) piece();
    pull();
    const waits = given - buffer.played;
    for (let now = 0; now < 10 * RATE; now += QUANTUM) {
      if (now % 1600 < QUANTUM) piece();
      pull();
    }
    return [waits, given - buffer.played];
  }

  it("leaves out silence as long as more waits than is needed", () => {
    const [before, after] = echo(true);
    expect(before).toBeGreaterThan(0.4 * RATE);
    expect(after).toBeLessThan(ENOUGH + 1600 + 0.05 * RATE);
    expect(buffer.gaps).toBe(0);
  });

  it("is heard whole where it is not in real time", () => {
    const [before, after] = echo(false);
    expect(Math.abs(before - after)).toBeLessThanOrEqual(1600);
  });
});

describe("a gap", () => {
  const loud = (length: number): Int16Array => new Int16Array(length).fill(20_000);

  it("fades out, is counted, and rises again; no sample is lost", () => {
    buffer.push(loud(ENOUGH));
    const [first = []] = pull(20);
    const fading = first.slice(first.lastIndexOf(20_000) + 1);
    expect(fading[0]).toBeLessThan(20_000);
    expect(fading[0]).toBeGreaterThan(15_000);
    expect(fading.at(-1)).toBe(0);
    buffer.push(loud(ENOUGH * 2));
    buffer.end();
    const [second] = pull(2);
    expect(buffer.gaps).toBe(1);
    expect(Math.max(...(second ?? []).slice(0, 2))).toBeLessThan(2_000);
    expect(second?.at(-1)).toBe(20_000);
    pull(100);
    expect(buffer.played).toBe(ENOUGH * 3);
  });

  it("makes the next start more careful, up to half a second", () => {
    for (let gap = 0; gap <= 6; gap++) {
      for (let part = 0; part < 10; part++) buffer.push(loud(RATE / 10));
      pull(RATE / QUANTUM + 1);
      expect(buffer.played).toBe((gap + 1) * RATE);
      expect(buffer.gaps).toBe(gap);
    }
    for (let part = 0; part < 5; part++) buffer.push(loud(RATE / 10));
    expect(pull()[0]?.every((sample) => sample === 0)).toBe(true);
    buffer.push(loud(RATE / 10));
    pull();
    expect(buffer.played).toBe(7 * RATE + QUANTUM);
  });

  it("that lasts is a pause, and changes nothing", () => {
    for (let turn = 0; turn < 4; turn++) {
      for (let part = 0; part < 10; part++) buffer.push(loud(RATE / 10));
      pull(RATE / QUANTUM + (0.6 * RATE) / QUANTUM);
    }
    expect(buffer.gaps).toBe(0);
    buffer.push(loud(320));
    pull(ENOUGH / QUANTUM + 2);
    expect(buffer.played).toBe(4 * RATE + 256);
  });

  it("after a long calm makes it bolder again", () => {
    const speak = (seconds: number): void => {
      for (let part = 0; part < seconds * 10; part++) buffer.push(loud(RATE / 10));
      pull((seconds * RATE) / QUANTUM + 1);
    };
    for (const seconds of [1, 1, 1, 21]) speak(seconds);
    expect([buffer.gaps, buffer.played]).toEqual([3, 24 * RATE]);
    // It had grown to 480 ms, and is 240 ms again: the third of these is enough with the longest piece.
    for (let part = 0; part < 3; part++) buffer.push(loud(RATE / 10));
    expect(pull()[0]?.every((sample) => sample === 0)).toBe(true);
    buffer.push(loud(RATE / 10));
    pull();
    expect(buffer.played).toBe(24 * RATE + QUANTUM);
  });

  it("is none at the end", () => {
    buffer.push(loud(ENOUGH));
    buffer.end();
    pull(10);
    expect(buffer.gaps).toBe(0);
    expect(buffer.isOver).toBe(true);
  });

  it("is none for what is dropped: it dies away within 5 ms, and then it is over", () => {
    buffer.push(loud(RATE));
    pull(20);
    const { played } = buffer;
    buffer.drop();
    buffer.end();
    const [fading] = pull();
    expect(fading?.[0]).toBeGreaterThan(15_000);
    expect(fading?.[(5 * RATE) / 1000]).toBeLessThan(200);
    pull();
    expect([buffer.played, buffer.gaps, buffer.isOver]).toEqual([played, 0, true]);
  });

  it("is none when what waits is skipped: what comes next is gathered as at the beginning", () => {
    buffer.push(loud(RATE));
    pull(20);
    buffer.skip();
    pull();
    expect(buffer.played).toBe(RATE);
    buffer.push(rise(1, 320));
    const quiet = pull(ENOUGH / QUANTUM)[0] ?? [];
    expect(quiet.at(-1)).toBe(0);
    expect((pull()[0] ?? []).at(-1)).toBe(128);
    expect(buffer.gaps).toBe(0);
  });
});
