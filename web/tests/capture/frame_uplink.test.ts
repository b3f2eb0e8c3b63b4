import { beforeEach, describe, expect, it, vi } from "vitest";
import { FrameCapture, readFrames } from "../../src/capture/frame_capture.ts";
import { FrameUplink } from "../../src/capture/frame_uplink.ts";
import type { Encode } from "../../src/wire/messages.ts";
import type { Packet } from "../../src/wire/packet.ts";
import { Flag } from "../../src/wire/packet.ts";
import { FakeEncoder, FakeFrame, fakeForm } from "./fakes.ts";

let sent: Packet[];
let uplink: FrameUplink;
let encoder: FakeEncoder;
let capture: FrameCapture;
const fail = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  fail.mockClear();
  sent = [];
  uplink = new FrameUplink(1, 4, 0, (packet) => sent.push(packet));
  encoder = new FakeEncoder();
  capture = new FrameCapture(() => [uplink], fakeForm, encoder, fail);
});

/** Offers a frame and encodes it at once, if it is taken. */
async function offer(): Promise<FakeFrame> {
  const frame = new FakeFrame();
  const done = capture.offer(frame.asPicture);
  expect(frame.isClosed).toBe(true);
  encoder.finish();
  await done;
  vi.advanceTimersByTime(33);
  return frame;
}

describe("a frame", () => {
  it("is taken only while the stream runs", async () => {
    uplink.raise(10);
    await offer();
    uplink.run();
    await offer();
    uplink.pause();
    await offer();
    expect(sent.map(({ sequence }) => sequence)).toEqual([1]);
    expect(encoder.widths).toHaveLength(1);
  });

  it("is taken only with credit, whatever the server gives and when", async () => {
    uplink.run();
    for (const limit of [0, 1, 1, 4, 2, 9]) {
      uplink.raise(limit);
      for (let i = 0; i < 12; i++) await offer();
    }
    expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(encoder.widths).toHaveLength(9);
  });

  it("is taken only when it can leave", async () => {
    let isFree = false;
    const asked: number[] = [];
    uplink = new FrameUplink(
      7,
      4,
      0,
      (packet) => sent.push(packet),
      (stream) => asked.push(stream) > 0 && isFree,
    );
    uplink.run();
    uplink.raise(9);
    await offer();
    isFree = true;
    await offer();
    expect(asked).toEqual([7, 7]);
    expect(sent.map(({ sequence }) => sequence)).toEqual([1]);
  });

  it("is not taken while another is being encoded", async () => {
    uplink.run();
    uplink.raise(5);
    const first = new FakeFrame();
    const second = new FakeFrame();
    const done = capture.offer(first.asPicture);
    await capture.offer(second.asPicture);
    expect([first.isClosed, second.isClosed, encoder.waiting]).toEqual([true, true, 1]);
    encoder.finish();
    await done;
    expect(sent).toHaveLength(1);
  });

  it("carries the time at which it was read", async () => {
    vi.setSystemTime(1_795_000_000_000);
    uplink.run();
    uplink.raise(1);
    const before = Math.round((performance.timeOrigin + performance.now()) * 1000);
    await offer();
    expect(sent[0]?.captured_us).toBe(before);
  });

  it("is encoded once for all streams that take it", async () => {
    const other = new FrameUplink(2, 4, 0, (packet) => sent.push(packet));
    capture = new FrameCapture(() => [uplink, other], fakeForm, encoder, fail);
    for (const each of [uplink, other]) {
      each.run();
      each.raise(1);
    }
    await offer();
    expect(sent.map(({ stream, sequence }) => [stream, sequence])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(encoder.widths).toHaveLength(1);
  });
});

it("every frame is seen before it is closed, and whether it is sent", async () => {
  const watched: [boolean, boolean][] = [];
  capture.watch = (frame, _us, isSent) => watched.push([(frame as unknown as FakeFrame).isClosed, isSent]);
  uplink.run();
  await capture.offer(new FakeFrame().asPicture);
  uplink.raise(1);
  await offer();
  expect(watched).toEqual([
    [false, false],
    [false, true],
  ]);
});

it("the time at which a frame is seen is that of its packet", async () => {
  const seen: number[] = [];
  capture.watch = (_frame, us) => seen.push(us);
  uplink.run();
  uplink.raise(1);
  await offer();
  expect(seen).toEqual(sent.map(({ captured_us }) => captured_us));
});

describe("whatever goes wrong", () => {
  beforeEach(() => {
    uplink.run();
    uplink.raise(1);
  });

  it("a frame that cannot be encoded is closed, and costs no credit", async () => {
    encoder.error = new Error("no canvas");
    const frame = new FakeFrame();
    await capture.offer(frame.asPicture);
    expect(frame.isClosed).toBe(true);
    expect(fail).toHaveBeenCalledWith(encoder.error);
    encoder.error = null;
    await offer();
    expect(sent.map(({ sequence }) => sequence)).toEqual([1]);
  });

  it("an encoding that fails leaves no gap in the sequences", async () => {
    const done = capture.offer(new FakeFrame().asPicture);
    encoder.fail();
    await done;
    expect(fail).toHaveBeenCalledOnce();
    await offer();
    expect(sent.map(({ sequence }) => sequence)).toEqual([1]);
  });

  it("what is encoded when the stream stops is not sent", async () => {
    const done = capture.offer(new FakeFrame().asPicture);
    expect(uplink.finish()).toBe(0);
    encoder.finish();
    await done;
    expect(sent).toEqual([]);
  });
});

describe("the end of a turn", () => {
  it("is told by an empty last packet, as soon as there is credit", async () => {
    uplink.run();
    uplink.raise(1);
    await offer();
    uplink.expire();
    expect(sent).toHaveLength(1);
    uplink.raise(2);
    expect(sent[1]).toMatchObject({ sequence: 2, payload: new Uint8Array(0) });
    expect((sent[1] as Packet).flags & Flag.LAST).toBeTruthy();
    uplink.raise(9);
    expect(sent).toHaveLength(2);
  });

  it("waits for the frame that is being encoded", async () => {
    uplink.run();
    uplink.raise(1);
    const done = capture.offer(new FakeFrame().asPicture);
    uplink.expire();
    expect(sent).toEqual([]);
    encoder.finish();
    await done;
    expect(sent.map(({ sequence, payload }) => [sequence, payload.length])).toEqual([[1, 0]]);
  });

  it("is told once, and not at all after Stop", () => {
    uplink.run();
    uplink.raise(5);
    uplink.finish();
    uplink.expire();
    expect(sent).toEqual([]);
  });

  it("lets the next turn count on", async () => {
    uplink.run();
    uplink.raise(2);
    await offer();
    uplink.expire();
    uplink.pause();
    uplink.run();
    uplink.raise(3);
    await offer();
    expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });
});

it("reads a camera to its end and closes every frame, taken or not", async () => {
  vi.useRealTimers();
  const frames = Array.from({ length: 5 }, () => new FakeFrame());
  const source = new ReadableStream({
    start: (controller) => {
      for (const frame of frames) controller.enqueue(frame.asPicture);
      controller.close();
    },
  });
  await readFrames(source, capture, new AbortController().signal);
  expect(frames.every(({ isClosed }) => isClosed)).toBe(true);
});

it("closes what a released camera still delivers", async () => {
  vi.useRealTimers();
  uplink.run();
  uplink.raise(1);
  const abort = new AbortController();
  const frame = new FakeFrame();
  let camera: ReadableStreamDefaultController | undefined;
  const source = new ReadableStream({
    start: (controller) => {
      camera = controller;
    },
  });
  const done = readFrames(source, capture, abort.signal);
  abort.abort();
  camera?.enqueue(frame.asPicture);
  camera?.close();
  await done;
  expect([frame.isClosed, encoder.widths.length]).toEqual([true, 0]);
});

describe("another way to encode", () => {
  const way = (fields: Partial<Encode>): Encode => ({
    type: "encode",
    stream: 1,
    component: 4,
    codec: 8,
    bits_per_s: 0,
    frames_per_s: 0,
    longest: 0,
    ...fields,
  });
  let opened: FakeEncoder[];
  let codecs: number[];

  beforeEach(() => {
    opened = [];
    codecs = [];
    const open = (codec: number): FakeEncoder => {
      codecs.push(codec);
      opened.push(new FakeEncoder());
      return opened.at(-1) as FakeEncoder;
    };
    capture = new FrameCapture(() => [uplink], fakeForm, encoder, fail, open);
    uplink.run();
    uplink.raise(100);
  });

  /** Offers a frame, and lets whichever encoder has it finish, or fail. */
  async function film(ends: "finish" | "fail" = "finish"): Promise<void> {
    const done = capture.offer(new FakeFrame().asPicture);
    for (const each of [encoder, ...opened]) each[ends]();
    await done;
    vi.advanceTimersByTime(33);
  }

  it("begins with the next frame, in its own encoder, size and rate", async () => {
    await film();
    uplink.encodeAs(way({ bits_per_s: 500_000, frames_per_s: 20, longest: 320 }));
    await film();
    await film();
    expect(codecs).toEqual([8]);
    expect(opened[0]?.rates).toEqual([{ bitsPerS: 500_000, framesPerS: 20 }]);
    expect(encoder.widths).toEqual([640]);
    expect(opened[0]?.widths).toEqual([320]);
    expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  it("keeps the encoder as long as the codec is the same", async () => {
    uplink.encodeAs(way({ bits_per_s: 500_000 }));
    await film();
    uplink.encodeAs(way({ bits_per_s: 400_000 }));
    await film();
    uplink.encodeAs(way({ codec: 9 }));
    await film();
    expect(codecs).toEqual([8, 9]);
    expect(opened.map(({ rates }) => rates.length)).toEqual([2, 1]);
    expect(opened.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    capture.close();
    expect(opened[1]?.isClosed).toBe(true);
  });

  it("is that of one stream alone", async () => {
    const other = new FrameUplink(2, 4, 0, (packet) => sent.push(packet));
    const open = (): FakeEncoder => {
      opened.push(new FakeEncoder());
      return opened[0] as FakeEncoder;
    };
    const uplinks = [uplink, other];
    capture = new FrameCapture(() => uplinks, fakeForm, encoder, fail, open);
    other.run();
    other.raise(9);
    uplink.encodeAs(way({}));
    const done = capture.offer(new FakeFrame().asPicture);
    expect([encoder.waiting, opened[0]?.waiting]).toEqual([1, 1]);
    for (const each of [encoder, ...opened]) each.finish();
    await done;
    expect(sent.map(({ stream }) => stream).sort()).toEqual([1, 2]);
    uplinks.shift();
    await film();
    expect(opened[0]?.isClosed).toBe(true);
  });

  it("has key frames where the server misses one, and after what was not sent", async () => {
    uplink.encodeAs(way({}));
    await film();
    expect(opened[0]?.keyRequests).toBe(1);
    uplink.requestKeyFrame();
    await film();
    await film();
    expect(opened[0]?.keyRequests).toBe(2);
    const done = capture.offer(new FakeFrame().asPicture);
    uplink.pause();
    opened[0]?.finish();
    await done;
    uplink.run();
    await film();
    expect(opened[0]?.keyRequests).toBe(3);
  });

  it("costs no credit where the encoder leaves a frame out", async () => {
    uplink.encodeAs(way({}));
    const done = capture.offer(new FakeFrame().asPicture);
    opened[0]?.skip();
    await done;
    await film();
    expect(sent.map(({ sequence }) => sequence)).toEqual([1]);
  });

  it("is given up for that of the camera after three failures", async () => {
    uplink.encodeAs(way({}));
    for (let time = 0; time < 3; time++) await film("fail");
    expect(sent).toEqual([]);
    await film();
    await film();
    expect(sent).toHaveLength(2);
    expect(fail).not.toHaveBeenCalled();
  });

  it("is ignored where the page has no such codec", async () => {
    capture = new FrameCapture(() => [uplink], fakeForm, encoder, fail);
    uplink.encodeAs(way({ codec: 77 }));
    await film();
    expect(sent).toHaveLength(1);
  });
});

describe("a stream of frames whose link is lost", () => {
  const sequences = (): number[] => sent.map(({ sequence }) => sequence);

  beforeEach(() => {
    uplink.run();
    uplink.raise(10);
  });

  it("goes on with the number after the last that arrived, and a key frame", async () => {
    for (let i = 0; i < 4; i++) await offer();
    expect(uplink.takeKeyRequest()).toBe(false);
    uplink.resume(2);
    expect(uplink.takeKeyRequest()).toBe(true);
    await offer();
    expect(sequences()).toEqual([1, 2, 3, 4, 3]);
  });

  it("drops the frame that was being encoded when it was lost: what it builds on has not arrived", async () => {
    await offer();
    const done = capture.offer(new FakeFrame().asPicture);
    uplink.resume(0);
    encoder.finish();
    await done;
    expect(sequences()).toEqual([1]);
    expect(uplink.takeKeyRequest()).toBe(true);
    await offer();
    expect(sequences()).toEqual([1, 1]);
  });

  it("says once more that nothing follows if that did not arrive, and not if it did", async () => {
    await offer();
    uplink.expire();
    expect(sent.at(-1)).toMatchObject({ sequence: 2, payload: new Uint8Array(0) });
    uplink.resume(2);
    expect(sent).toHaveLength(2);
    uplink.resume(1);
    expect(sequences()).toEqual([1, 2, 2]);
    expect((sent.at(-1) as Packet).flags & Flag.LAST).toBe(Flag.LAST);
  });

  it("that was stopped ends although its last frames are missing", async () => {
    await offer();
    await offer();
    expect(uplink.finish()).toBe(2);
    uplink.resume(1);
    expect(sent.at(-1)).toMatchObject({ sequence: 2, payload: new Uint8Array(0) });
  });
});
