import { expect, it } from "vitest";
import { fitFrame, formOf } from "../../src/capture/frame_form.ts";

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

it.each([
  [1280, 720, 224, 224, 0, [398, 224]],
  [480, 640, 224, 224, 0, [224, 299]],
  [1280, 720, 640, 640, 640, [640, 360]],
  [320, 240, 640, 640, 0, [320, 240]],
] as const)(
  "sends %i x %i so that it covers %i x %i, with no side over %i, as %j",
  (width, height, wide, high, longest, sent) => {
    expect(fitFrame(width, height, [wide, high], longest, true)).toEqual(sent);
  },
);

it("sends a frame as the app wants it, smaller where the link wants that", () => {
  const frame = { displayWidth: 640, displayHeight: 480 } as VideoFrame;
  const options = { size: null, covers: false, mirror: true, quality: 1 };
  expect(formOf(frame, options)).toEqual({ width: 640, height: 480, isMirrored: true, isScaled: false });
  expect(formOf(frame, options, 320)).toEqual({ width: 320, height: 240, isMirrored: true, isScaled: true });
  const bitmap = { width: 320, height: 200 } as ImageBitmap;
  expect(formOf(bitmap, { ...options, size: [160, 160], mirror: false })).toEqual({
    width: 160,
    height: 100,
    isMirrored: false,
    isScaled: true,
  });
});
