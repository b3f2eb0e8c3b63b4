import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { VideoFrameDecoder } from "../../src/codecs/video_decoder.ts";
import { VideoFrameEncoder } from "../../src/codecs/video_encoder.ts";
import { VP8 } from "../../src/codecs/vp8.ts";

/** A frame that knows whether it was closed. */
class Shown {
  isClosed = false;
  readonly displayWidth = 64;
  readonly displayHeight = 48;
  readonly timestamp: number;

  constructor(timestamp: number) {
    this.timestamp = timestamp;
  }

  close(): void {
    this.isClosed = true;
  }
}

/** WebCodecs as far as the codecs use it: gives what the test says, when it says so. */
class FakeCodec {
  static all: FakeCodec[] = [];
  state = "unconfigured";
  given: unknown[] = [];
  configs: unknown[] = [];
  readonly output: (item: unknown, about?: unknown) => void;
  readonly error: (error: Error) => void;

  constructor(events: { output: (item: unknown, about?: unknown) => void; error: (error: Error) => void }) {
    this.output = events.output;
    this.error = events.error;
    FakeCodec.all.push(this);
  }

  configure(config: unknown): void {
    this.configs.push(config);
    this.state = "configured";
  }

  decode(chunk: unknown): void {
    this.given.push(chunk);
  }

  encode(_frame: unknown, options: unknown): void {
    this.given.push(options);
  }

  async flush(): Promise<void> {}

  close(): void {
    this.state = "closed";
  }
}

const payload = Uint8Array.of(64, 0, 48, 0, 1, 9, 9);
const chunk = (timestamp: number, type: string): object => ({ type, timestamp, byteLength: 2, copyTo: () => {} });
const size = { width: 64, height: 48 };
const rate = { bitsPerS: 0, framesPerS: 0 };

beforeEach(() => {
  vi.useFakeTimers();
  FakeCodec.all = [];
  vi.stubGlobal("VideoDecoder", FakeCodec);
  vi.stubGlobal("VideoEncoder", FakeCodec);
  vi.stubGlobal(
    "EncodedVideoChunk",
    class {
      constructor(readonly init: { type: string }) {}
    },
  );
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("gives the frame of each packet, and closes one that nobody waits for", async () => {
  const decoder = new VideoFrameDecoder(VP8);
  const decoded = decoder.decode(payload, true, 7);
  const [frame, surplus] = [new Shown(7), new Shown(8)];
  FakeCodec.all[0]?.output(frame);
  FakeCodec.all[0]?.output(surplus);
  expect(await decoded).toBe(frame);
  expect([frame.isClosed, surplus.isClosed]).toEqual([false, true]);
});

it("refuses a delta without a key frame, and begins anew after a failure", async () => {
  const decoder = new VideoFrameDecoder(VP8);
  await expect(decoder.decode(payload, false, 1)).rejects.toThrow("builds on");
  const failing = decoder.decode(payload, true, 2);
  FakeCodec.all[0]?.error(new Error("reclaimed"));
  await expect(failing).rejects.toThrow("reclaimed");
  await expect(decoder.decode(payload, false, 3)).rejects.toThrow("builds on");
  const again = decoder.decode(payload, true, 4);
  FakeCodec.all[1]?.output(new Shown(4));
  expect((await again).timestamp).toBe(4);
});

it("gives a decoder up that gives nothing", async () => {
  const decoder = new VideoFrameDecoder(VP8);
  const lost = decoder.decode(payload, true, 1);
  const refused = expect(lost).rejects.toThrow("no frame");
  await vi.advanceTimersByTimeAsync(2_000);
  await refused;
  expect(FakeCodec.all[0]?.state).toBe("closed");
});

it("gives null for a frame that the encoder leaves out, and a key frame after one that came too late", async () => {
  const encoder = new VideoFrameEncoder(VP8, 0.8);
  const first = encoder.encode(new Shown(1) as unknown as VideoFrame, size, true, rate);
  FakeCodec.all[0]?.output(chunk(1, "key"), { decoderConfig: { colorSpace: { matrix: "bt709", fullRange: true } } });
  expect((await first)?.payload.subarray(0, 5)).toEqual(Uint8Array.of(64, 0, 48, 0, 4));
  const skipped = encoder.encode(new Shown(2) as unknown as VideoFrame, size, false, rate);
  await vi.advanceTimersByTimeAsync(150);
  expect(await skipped).toBeNull();
  FakeCodec.all[0]?.output(chunk(2, "delta"));
  const next = encoder.encode(new Shown(3) as unknown as VideoFrame, size, false, rate);
  FakeCodec.all[0]?.output(chunk(3, "key"));
  expect((await next)?.isKey).toBe(true);
  expect(FakeCodec.all[0]?.given).toEqual([{ keyFrame: true }, { keyFrame: false }, { keyFrame: true }]);
});

it("tells the encoder another rate without opening another one", async () => {
  const encoder = new VideoFrameEncoder(VP8, 0.8);
  for (const [at, bitsPerS] of [500_000, 500_000, 300_000].entries()) {
    const encoded = encoder.encode(new Shown(at) as unknown as VideoFrame, size, false, { bitsPerS, framesPerS: 20 });
    FakeCodec.all[0]?.output(chunk(at, "delta"));
    await encoded;
  }
  expect(FakeCodec.all).toHaveLength(1);
  expect(FakeCodec.all[0]?.configs).toMatchObject([
    { bitrate: 500_000, framerate: 20, latencyMode: "realtime" },
    { bitrate: 300_000 },
  ]);
});
