import { describe, expect, it } from "vitest";
import {
  bitRate,
  codecs,
  drops,
  line,
  milliseconds,
  PARTS,
  partsOf,
  range,
  stretches,
} from "../../src/latency/figures.ts";
import type { LatencyView } from "../../src/playback/latency_view.ts";

describe("the figures of the latency in words", () => {
  it.each([
    [null, "–"],
    [0, "0.0"],
    [3.44, "3.4"],
    [9.94, "9.9"],
    [9.96, "10"],
    [123.6, "124"],
  ])("%s ms is %s", (value, words) => {
    expect(milliseconds(value)).toBe(words);
  });

  it.each([
    [0, "0 kbit/s"],
    [319_600, "320 kbit/s"],
    [999_600, "1.0 Mbit/s"],
    [5_120_000, "5.1 Mbit/s"],
  ])("%s bit/s is %s", (value, words) => {
    expect(bitRate(value)).toBe(words);
  });

  it("drops are named by their cause, and those of a later version by its own word", () => {
    expect(drops({})).toBe("none");
    expect(drops({ superseded: 0, broken: 0 })).toBe("none");
    expect(drops({ superseded: 3, unsent: 1, broken: 2, melted: 4 })).toBe(
      "3 in the queue, 1 before sending, 2 undecodable, 4 melted",
    );
  });

  it("drops of the page are told from those of the server", () => {
    expect(drops({ stale: 1, late: 2, unshown: 3 })).toBe("1 too old, 2 too late to show, 3 undecodable here");
  });

  it("audio has the parts of a way that ends at the handler", () => {
    const view = { backlogS: 0.4 } as LatencyView;
    expect(partsOf(view).map(({ part }) => part)).toEqual(["capture", "up", "wait", "handler"]);
    expect(partsOf({ ...view, backlogS: null })).toBe(PARTS);
  });

  it("codecs are named once if both ways have the same", () => {
    expect(codecs(["JPEG", "JPEG"])).toBe("JPEG");
    expect(codecs(["H264", "OVERLAY"])).toBe("H.264 up, marks down");
    expect([codecs(["", "JPEG"]), codecs(["", ""])]).toEqual(["JPEG", "–"]);
  });
});

describe("the figures of the latency in shapes", () => {
  const parts = { capture: 1, encode: 2, up: 3, wait: 4, handler: 5, answer: 6, down: 7, decode: 8, screen: 14 };

  it("the parts stand one after the other, and fill the whole", () => {
    const placed = stretches(parts);
    let end = 0;
    for (const { part } of PARTS) {
      expect(placed[part].from).toBeCloseTo(end);
      end = placed[part].from + placed[part].part;
    }
    expect(end).toBeCloseTo(1);
    expect(PARTS.map(({ part }) => part).sort()).toEqual(Object.keys(parts).sort());
  });

  it("parts of nothing take no room", () => {
    const none = Object.fromEntries(Object.keys(parts).map((part) => [part, 0])) as typeof parts;
    expect(stretches(none).screen).toEqual({ from: 0, part: 0 });
  });

  it("the line ends at the right, stays in its box, and breaks where no frame came", () => {
    expect(line([], 60)).toBe("");
    expect(line([50], 3)).toBe("M100.0 9.1");
    expect(line([null, 10, null, 20], 4)).toBe("M33.3 54.5M100.0 9.1");
    expect(line([10, 20, 20], 3)).toBe("M0.0 54.5L50.0 9.1L100.0 9.1");
  });

  it("the range is of the ages that are known", () => {
    expect(range([null, 3, 9, null])).toEqual([3, 9]);
    expect([range([]), range([null])]).toEqual([null, null]);
  });
});
