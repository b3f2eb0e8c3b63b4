import { expect, it } from "vitest";
import { fitFrame } from "../../src/capture/frame_drawing.ts";

it.each([
  [[640, 480], null, [640, 480]],
  [[1920, 1080], null, [1280, 720]],
  [[1080, 1920], null, [720, 1280]],
  [
    [1280, 720],
    [640, 480],
    [640, 360],
  ],
  [
    [320, 240],
    [640, 480],
    [320, 240],
  ],
  [[4000, 1], null, [1280, 1]],
] as [number[], [number, number] | null, number[]][])("sends %j within %j as %j", ([width, height], size, expected) => {
  expect(fitFrame(width as number, height as number, size)).toEqual(expected);
});
