import { beforeEach, describe, expect, it } from "vitest";
import { UplinkPace } from "../../src/transport/pace.ts";

const MS = 1000;
/** 100 bytes a millisecond. */
const RATE = 100_000;

let pace: UplinkPace;

beforeEach(() => {
  pace = new UplinkPace();
});

describe("the pace of the uplink", () => {
  it("is free as long as nothing is known of it", () => {
    for (let sequence = 1; sequence < 5; sequence++) pace.sent(1, sequence, 1_000_000, 0);
    expect(pace.isFree(1, 0)).toBe(true);
  });

  it("is taken until what was sent since has passed the bottleneck", () => {
    pace.arrived(1, 0, 0, RATE);
    pace.sent(1, 1, 10_000, 50 * MS);
    pace.sent(1, 2, 5_000, 60 * MS);
    expect(pace.isFree(1, 100 * MS)).toBe(false);
    expect(pace.isFree(1, 180 * MS)).toBe(true);
  });

  it("goes by when frames really left", () => {
    pace.arrived(1, 0, 0, RATE);
    pace.sent(1, 1, 10_000, 0);
    pace.sent(1, 2, 10_000, 100 * MS);
    pace.arrived(1, 1, 300 * MS, RATE);
    expect(pace.isFree(1, 370 * MS)).toBe(false);
    expect(pace.isFree(1, 390 * MS)).toBe(true);
  });

  it("is that of all streams together, and they take turns", () => {
    pace.arrived(1, 0, 0, RATE);
    pace.sent(1, 1, 10_000, 0);
    expect(pace.isFree(2, 10 * MS)).toBe(false);
    expect(pace.isFree(1, 90 * MS)).toBe(false);
    expect(pace.isFree(2, 95 * MS)).toBe(true);
    pace.sent(2, 1, 10_000, 95 * MS);
    expect(pace.isFree(1, 190 * MS)).toBe(true);
  });

  it("does not wait for a stream that asks no more, or is over", () => {
    pace.arrived(1, 0, 0, RATE);
    pace.sent(1, 1, 10_000, 0);
    expect(pace.isFree(2, 0)).toBe(false);
    expect(pace.isFree(1, 100 * MS)).toBe(false);
    expect(pace.isFree(1, 250 * MS)).toBe(true);
    pace.sent(1, 2, 10_000, 250 * MS);
    expect(pace.isFree(2, 260 * MS)).toBe(false);
    pace.forget(2);
    pace.forget(1);
    expect(pace.isFree(3, 261 * MS)).toBe(true);
  });

  it("counts as free when what is told cannot be", () => {
    pace.arrived(1, 0, 1e15, RATE);
    expect(pace.isFree(1, 0)).toBe(true);
  });
});
