import { expect, it } from "vitest";
import {
  type CropFrame,
  dragged,
  firstFrame,
  type Grip,
  inDrawing,
  inWindow,
  keyed,
  snapped,
} from "../../src/late/imageeditor/geometry.ts";

/** Numbers from 0 to 1, the same on each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

const GRIPS: Grip[] = ["nw", "ne", "sw", "se", "inside", "beside"];

it("any pixel of a drawing is found where it is shown, at any zoom and anywhere", () => {
  const next = random(13);
  for (let round = 0; round < 400; round += 1) {
    const drawing = { width: 1 + Math.floor(next() * 4096), height: 1 + Math.floor(next() * 4096) };
    const zoom = 1 + next() * 15;
    const shown = {
      ...{ left: next() * 2_000 - 1_000, top: next() * 2_000 - 1_000 },
      ...{ width: (50 + next() * 1_200) * zoom, height: (50 + next() * 900) * zoom },
    };
    const pixel = [Math.floor(next() * drawing.width), Math.floor(next() * drawing.height)] as const;
    const middle = inWindow({ x: pixel[0] + 0.5, y: pixel[1] + 0.5 }, shown, drawing);
    const found = inDrawing(middle, shown, drawing);
    expect([Math.floor(found.x), Math.floor(found.y)]).toEqual(pixel);
  }
});

it("a frame stays in its drawing, whatever is done to it", () => {
  const next = random(29);
  for (let round = 0; round < 60; round += 1) {
    const drawing = { width: 1 + Math.floor(next() * 900), height: 1 + Math.floor(next() * 900) };
    const somewhere = () => ({ x: (next() * 3 - 1) * drawing.width, y: (next() * 3 - 1) * drawing.height });
    let frame: CropFrame = firstFrame(drawing, [somewhere(), somewhere()]);
    for (let step = 0; step < 10; step += 1) {
      const grip = GRIPS[Math.floor(next() * GRIPS.length)] as Grip;
      const key = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"][Math.floor(next() * 4)] as string;
      frame = snapped(dragged(frame, grip, somewhere(), somewhere(), drawing)) ?? frame;
      frame = keyed(frame, { key, shiftKey: next() < 0.5, repeat: next() < 0.5 }, drawing) ?? frame;
      const [left, top, width, height] = frame;
      expect([left, top, width, height].every(Number.isInteger)).toBe(true);
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(1);
      expect(left + width).toBeLessThanOrEqual(drawing.width);
      expect(top + height).toBeLessThanOrEqual(drawing.height);
    }
  }
});

it("a frame is dragged by its inside and its corners, and begins anew beside it", () => {
  const drag = (grip: Grip): CropFrame =>
    dragged([20, 30, 40, 50], grip, { x: 0, y: 0 }, { x: 10, y: -5 }, { width: 200, height: 200 });
  expect(drag("inside")).toEqual([30, 25, 40, 50]);
  expect(drag("nw")).toEqual([30, 25, 30, 55]);
  expect(drag("se")).toEqual([20, 30, 50, 45]);
  expect(drag("beside")).toEqual([0, 0, 10, 0]);
  expect(snapped(drag("beside"))).toBeNull();
});

it("a first frame is most of what is in sight, and all of a drawing that has no room for it", () => {
  const drawing = { width: 200, height: 100 };
  const seen = (x: number, y: number, right: number, bottom: number): CropFrame =>
    firstFrame(drawing, [
      { x, y },
      { x: right, y: bottom },
    ]);
  expect(seen(-50, 0, 250, 100)).toEqual([25, 13, 150, 75]);
  expect(seen(100, 50, 180, 90)).toEqual([110, 55, 60, 30]);
  expect(seen(7, 7, 7, 7)).toEqual([0, 0, 200, 100]);
});

it("an arrow key moves a frame by a pixel, Shift resizes it, and a key that is held goes faster", () => {
  const press = (key: string, shiftKey = false, repeat = false): CropFrame | null =>
    keyed([20, 30, 40, 50], { key, shiftKey, repeat }, { width: 400, height: 200 });
  expect(press("ArrowRight")).toEqual([21, 30, 40, 50]);
  expect(press("ArrowUp", true)).toEqual([20, 30, 40, 49]);
  expect(press("ArrowLeft", false, true)).toEqual([16, 30, 40, 50]);
  expect(press("a")).toBeNull();
});
