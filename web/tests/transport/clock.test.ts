import { expect, it } from "vitest";
import { ClockComparison } from "../../src/transport/clock.ts";

const OFFSET = 5_000_000;

it("takes the shortest round trip of the last eight", () => {
  const clock = new ClockComparison();
  clock.add(0, OFFSET + 40_000, 100_000);
  clock.add(200_000, OFFSET + 201_000, 202_000);
  clock.add(300_000, OFFSET + 390_000, 400_000);
  expect(clock.roundTripUs).toBe(2_000);
  expect(clock.toPageUs(OFFSET + 777)).toBe(777);
  for (let i = 0; i < 8; i++) clock.add(0, OFFSET + 5_000, 10_000);
  expect(clock.roundTripUs).toBe(10_000);
});

it("is never off by more than half the round trip", () => {
  const clock = new ClockComparison();
  clock.add(1_000, OFFSET + 1_000 + 9_000, 11_000);
  expect(Math.abs(clock.toPageUs(OFFSET) - 0)).toBeLessThanOrEqual(5_000);
});

it("takes the server's time as it is before the first comparison", () => {
  const clock = new ClockComparison();
  expect(clock.toPageUs(123)).toBe(123);
  expect(clock.roundTripUs).toBeNull();
});

it("forgets another server's clock", () => {
  const clock = new ClockComparison();
  clock.add(0, OFFSET, 10);
  clock.clear();
  expect(clock.toPageUs(OFFSET)).toBe(OFFSET);
});
