import { expect, it } from "vitest";
import { H264 } from "../../src/codecs/h264.ts";
import { nextQuality } from "../../src/codecs/jpeg.ts";
import { colourSpace, coloursOf, encodedSize, sizeOf } from "../../src/codecs/video_format.ts";

it.each([
  [320, 240, 30, "avc1.42e01e"],
  [640, 480, 15, "avc1.42e01e"],
  [640, 480, 30, "avc1.42e01e"],
  [640, 480, 60, "avc1.42e01f"],
  [1280, 720, 30, "avc1.42e01f"],
  [1920, 1080, 30, "avc1.42e028"],
  [4096, 2160, 30, "avc1.42e033"],
])("names the level of H.264 that %i x %i at %i frames a second needs", (width, height, framesPerS, codec) => {
  expect(H264.encoderCodec(width, height, framesPerS)).toBe(codec);
});

it("reads the name of H.264 from the parameters of a key frame", () => {
  const data = Uint8Array.of(0, 0, 0, 1, 9, 16, 0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1e, 0xda, 0, 0, 1, 0x65);
  expect(H264.decoderCodec(data)).toBe("avc1.42c01e");
  expect(() => H264.decoderCodec(Uint8Array.of(0, 0, 0, 1, 0x65, 1, 2))).toThrow(RangeError);
});

it("reads the size of a frame, in whatever buffer it lies", () => {
  const bytes = Uint8Array.of(9, 9, 0x80, 0x02, 0xe0, 0x01, 7).subarray(2);
  expect(sizeOf(bytes)).toEqual([640, 480]);
  expect(() => sizeOf(Uint8Array.of(1, 2, 3))).toThrow(RangeError);
});

it("lets the quality of JPEG follow the bytes that are wanted, within bounds", () => {
  let quality = 0.8;
  const bytes = (at: number): number => 60_000 * (at / 0.8) ** 1.6;
  for (let frame = 0; frame < 10; frame++) quality = nextQuality(quality, 0.8, bytes(quality), 30_000);
  expect(bytes(quality)).toBeCloseTo(30_000, -3);
  for (let frame = 0; frame < 20; frame++) quality = nextQuality(quality, 0.8, bytes(quality), 1_000);
  expect(quality).toBe(0.2);
  for (let frame = 0; frame < 20; frame++) quality = nextQuality(quality, 0.8, bytes(quality), 1e6);
  expect(quality).toBe(0.8);
});

it("names the colours that an encoder has taken, and finds them again", () => {
  const space = { matrix: "bt709", fullRange: true, primaries: "bt709", transfer: "iec61966-2-1" } as const;
  expect(coloursOf(space)).toBe(4);
  expect(colourSpace(Uint8Array.of(1, 0, 1, 0, 4))).toEqual(space);
  expect(coloursOf({ ...space, matrix: "rgb" })).toBe(0);
  expect(coloursOf(undefined)).toBe(0);
  expect(colourSpace(Uint8Array.of(1, 0, 1, 0, 0))).toBeNull();
  expect(colourSpace(Uint8Array.of(1, 0, 1, 0, 77))).toBeNull();
});

it.each([
  [640, 480, Infinity, [640, 480]],
  [641, 479, Infinity, [640, 478]],
  [1, 1, Infinity, [2, 2]],
  [640, 480, 640 * 480, [632, 474]],
  [1280, 720, 640 * 480, [736, 414]],
  [641, 487, 640 * 480, [634, 482]],
  [320, 240, 640 * 480, [320, 240]],
])("encodes %i x %i, of fewer than %d pixels, as %j", (width, height, pixels, size) => {
  expect(encodedSize(width, height, pixels)).toEqual(size);
});
