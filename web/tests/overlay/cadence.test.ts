import { expect, it } from "vitest";
import { Cadence } from "../../src/overlay/cadence.ts";

const CAMERA_US = 33_000;

/** Runs a camera for so many frames, with a result for each `every`th after `lateUs`; gives which frames ran ahead. */
function run(cadence: Cadence, every: number, lateUs: number, frames: number, fromUs = 0): boolean[] {
  const due: number[] = [];
  return Array.from({ length: frames }, (_, number) => {
    const nowUs = fromUs + number * CAMERA_US;
    while (due[0] !== undefined && due[0] + lateUs <= nowUs) cadence.arrived(due.shift() as number, nowUs);
    if (number % every === 0) due.push(nowUs);
    return cadence.runsAhead(nowUs, CAMERA_US);
  });
}

it("frames wait for the marks of a fast handler, however long the way is", () => {
  for (const lateUs of [10_000, 60_000, 300_000]) {
    expect(run(new Cadence(), 1, lateUs, 60)).not.toContain(true);
  }
});

it("frames run ahead of a slow handler, from its second result on", () => {
  const ahead = run(new Cadence(), 6, 200_000, 60);
  expect(ahead.slice(0, 7)).not.toContain(true);
  expect(ahead.slice(14)).not.toContain(false);
});

it("a handler at two thirds of the camera's rate goes on as it was", () => {
  const cadence = new Cadence();
  run(cadence, 1, 20_000, 30);
  for (let at = 0; at < 20; at++) cadence.arrived(1e6 + at * 1.45 * CAMERA_US, 1e6 + at * 1.45 * CAMERA_US + 20_000);
  expect(cadence.runsAhead(1e6 + 20 * 1.45 * CAMERA_US, CAMERA_US)).toBe(false);
});

it("frames run ahead when nothing comes any more, and wait again when it does", () => {
  const cadence = new Cadence();
  run(cadence, 1, 20_000, 30);
  const lastUs = 30 * CAMERA_US;
  expect(cadence.runsAhead(lastUs + 2 * CAMERA_US, CAMERA_US)).toBe(false);
  expect(cadence.runsAhead(lastUs + 6 * CAMERA_US, CAMERA_US)).toBe(true);
  expect(run(cadence, 1, 20_000, 40, lastUs + 6 * CAMERA_US).slice(-5)).not.toContain(true);
});

it("nothing runs ahead before the first marks, or before the camera's interval is known", () => {
  const cadence = new Cadence();
  expect(cadence.runsAhead(1e6, CAMERA_US)).toBe(false);
  cadence.arrived(0, 0);
  expect(cadence.runsAhead(1e6, 0)).toBe(false);
});
