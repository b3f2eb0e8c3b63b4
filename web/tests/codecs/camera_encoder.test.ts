import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CameraEncoder } from "../../src/codecs/camera_encoder.ts";
import type { FrameForm } from "../../src/codecs/codec.ts";
import type { VideoFrameEncoder } from "../../src/codecs/video_encoder.ts";

/** A frame in memory: what is made of a canvas has the format of one. */
class FakeVideoFrame {
  static open = 0;
  readonly visibleRect = { width: 16, height: 2 };
  readonly colorSpace = { toJSON: () => ({ matrix: "bt709" }) };
  readonly displayWidth = 16;
  readonly displayHeight = 2;
  readonly timestamp = 7;
  readonly source: unknown;
  readonly format: string;
  readonly rotation: number;

  constructor(source: unknown, { format = "BGRX", rotation = 0 }: { format?: string; rotation?: number } = {}) {
    this.source = source;
    this.format = format;
    this.rotation = rotation;
    FakeVideoFrame.open++;
  }

  allocationSize(): number {
    return 48;
  }

  async copyTo(data: Uint8Array): Promise<void> {
    data.set(this.source as Uint8Array);
  }

  close(): void {
    FakeVideoFrame.open--;
  }
}

const plain: FrameForm = { width: 16, height: 2, isMirrored: false, isScaled: false };
const mirrored: FrameForm = { ...plain, isMirrored: true };
const rate = { bitsPerS: 0, framesPerS: 0 };
const pixels = Uint8Array.from({ length: 48 }, (_, at) => at);
const canvas = { name: "canvas" };
let given: FakeVideoFrame[];
let isClosed: boolean;
let encoder: CameraEncoder;

beforeEach(() => {
  vi.stubGlobal("VideoFrame", FakeVideoFrame);
  FakeVideoFrame.open = 0;
  given = [];
  isClosed = false;
  const codec = {
    encode: async (frame: FakeVideoFrame) => {
      given.push(frame);
      return { isKey: true, payload: new Uint8Array(1) };
    },
    close: () => {
      isClosed = true;
    },
  };
  const draw = (): OffscreenCanvas => canvas as unknown as OffscreenCanvas;
  encoder = new CameraEncoder(codec as unknown as VideoFrameEncoder, () => ({ draw }));
});

afterEach(() => vi.unstubAllGlobals());

async function encode(frame: FakeVideoFrame, form: FrameForm): Promise<FakeVideoFrame> {
  await encoder.encode(frame as unknown as VideoFrame, form, true, rate);
  expect(FakeVideoFrame.open).toBe(1);
  return given[0] as FakeVideoFrame;
}

it("encodes the camera's own frame", async () => {
  const frame = new FakeVideoFrame(pixels, { format: "NV12" });
  expect(await encode(frame, plain)).toBe(frame);
});

it("mirrors planes, and closes what it made of them", async () => {
  const sent = await encode(new FakeVideoFrame(pixels, { format: "I420" }), mirrored);
  expect([...(sent.source as Uint8Array)].slice(0, 16)).toEqual([...pixels.subarray(0, 16)].reverse());
});

it.each([
  ["a format without planes", {}, mirrored],
  ["what is sent smaller", { format: "I420" }, { ...plain, width: 8, height: 1, isScaled: true }],
  ["what is sent smaller and mirrored", { format: "I420" }, { ...mirrored, width: 8, height: 1, isScaled: true }],
  ["a camera that stands on its side", { format: "I420", rotation: 90 }, plain],
])("draws what it cannot take as it is: %s", async (_, options, form) => {
  expect((await encode(new FakeVideoFrame(pixels, options), form)).source).toBe(canvas);
});

it("encodes nothing once it is closed", async () => {
  const frame = new FakeVideoFrame(pixels, { format: "I420" });
  const encoded = encoder.encode(frame as unknown as VideoFrame, mirrored, true, rate);
  encoder.close();
  await expect(encoded).rejects.toThrow("closed");
  expect([isClosed, given, FakeVideoFrame.open]).toEqual([true, [], 1]);
});
