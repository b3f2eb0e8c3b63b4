import { expect, it, vi } from "vitest";
import { ImageFileDecoder } from "../../src/codecs/image_file.ts";
import { packet } from "../playback/delta_codec.ts";

const decode = (): Promise<unknown> => new ImageFileDecoder("image/jpeg").decode(packet(1, 0, 0), 77);

class FakeBitmap {
  isClosed = false;
  close(): void {
    this.isClosed = true;
  }
}

it("gives a bitmap where the browser has no frames", async () => {
  const bitmap = new FakeBitmap();
  vi.stubGlobal("ImageDecoder", undefined);
  vi.stubGlobal("VideoFrame", undefined);
  vi.stubGlobal(
    "createImageBitmap",
    vi.fn(async () => bitmap),
  );
  expect(await decode()).toBe(bitmap);
  expect(bitmap.isClosed).toBe(false);
});

it("makes a frame of a bitmap, with its timestamp, where the browser decodes no image files", async () => {
  const bitmap = new FakeBitmap();
  class FakeVideoFrame {
    readonly of: unknown[];
    constructor(...of: unknown[]) {
      this.of = of;
    }
  }
  vi.stubGlobal("ImageDecoder", undefined);
  vi.stubGlobal("VideoFrame", FakeVideoFrame);
  vi.stubGlobal(
    "createImageBitmap",
    vi.fn(async () => bitmap),
  );
  expect(await decode()).toEqual(new FakeVideoFrame(bitmap, { timestamp: 77 }));
  expect(bitmap.isClosed).toBe(true);
});
