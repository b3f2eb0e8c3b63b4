import { expect, it } from "vitest";
import {
  bytes,
  counted,
  type Durations,
  duration,
  meanSince,
  perSecond,
  rate,
  type SessionFigures,
  total,
  waiting,
} from "../../src/operator/figures.ts";

const durations = (count: number, mean_s: number): Durations => ({ count, mean_s, p50_s: 0, p95_s: 0, max_s: 0 });

it("a rate is the increase in a second; without a figure before, or after a new beginning, it is unknown", () => {
  expect(rate(130, 100, 2)).toBe(15);
  expect(rate(100, 100, 1)).toBe(0);
  expect(rate(130, undefined, 1)).toBeNull();
  expect(rate(3, 100, 1)).toBeNull();
  expect(rate(3, 1, 0)).toBeNull();
});

it("a mean is that of what came since the figure before", () => {
  expect(meanSince(durations(30, 0.05), durations(20, 0.03))).toBeCloseTo(0.09);
  expect(meanSince(durations(20, 0.05), undefined)).toBeCloseTo(0.05);
  expect(meanSince(durations(20, 0.05), durations(20, 0.05))).toBeNull();
  expect(meanSince(durations(2, 0.05), durations(20, 0.03))).toBeCloseTo(0.05);
  expect(meanSince(durations(0, 0), undefined)).toBeNull();
});

it("what waits is listed by event and position", () => {
  const run = { event: "tag", state: "waiting", position: 1 } as const;
  const stream = (event: string, position: number): SessionFigures["streams"][number] =>
    ({ event, position, state: position ? "waiting" : "running" }) as SessionFigures["streams"][number];
  const session = (tag: string, streams: SessionFigures["streams"], runs: SessionFigures["runs"]): SessionFigures => ({
    tag,
    user: "",
    is_attached: true,
    stored_bytes: 0,
    streams,
    runs,
  });
  const listed = waiting([
    session("a", [stream("detect", 2)], [run, { event: "tag", state: "running", position: 0 }]),
    session("b", [stream("detect", 1), stream("detect", 0)], []),
  ]);
  expect(listed.map(({ event, position, tag }) => `${event} ${position} ${tag}`)).toEqual([
    "detect 1 b",
    "detect 2 a",
    "tag 1 a",
  ]);
});

it("figures are short", () => {
  expect([0.0004, 0.0034, 0.034, 0.9994, 2.34, null].map(duration)).toEqual([
    "0.4 ms",
    "3.4 ms",
    "34 ms",
    "999 ms",
    "2.3 s",
    "–",
  ]);
  expect([0, 0.5, 29.84, 120.4, null].map(perSecond)).toEqual(["0", "0.5", "29.8", "120", "–"]);
  expect([0, 999, 512_300, 1_400_000, 2_500_000_000].map(bytes)).toEqual([
    "0 B",
    "999 B",
    "512 kB",
    "1.4 MB",
    "2.5 GB",
  ]);
  expect([undefined, [], ["detect", "tag", "detect"]].map(counted)).toEqual(["none", "none", "detect ×2, tag"]);
  expect(total({ stale: 2, broken: 1 })).toBe(3);
});
