// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Surfaces } from "../../src/playback/surfaces.ts";
import type { OutputElement } from "../../src/states.ts";

/** An `<img>` that is decoded when the test says so. */
class FakeImage {
  static all: FakeImage[] = [];
  src = "";
  alt = "";
  classList = new Set<string>();
  resolve: () => void = () => {};
  reject: (error: unknown) => void = () => {};

  constructor() {
    FakeImage.all.push(this);
  }

  decode(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

let placed: (string | null)[];
let outputs: Surfaces;
const events = { target: vi.fn(), covered: vi.fn(), presented: vi.fn(), failed: vi.fn() };
const freed: string[] = [];

beforeEach(() => {
  placed = [];
  freed.length = 0;
  FakeImage.all = [];
  vi.clearAllMocks();
  vi.stubGlobal("Image", FakeImage);
  let count = 0;
  vi.spyOn(URL, "createObjectURL").mockImplementation(() => `blob:${++count}`);
  vi.spyOn(URL, "revokeObjectURL").mockImplementation((address) => void freed.push(address));
  const transfer = vi.fn(() => "canvas target");
  Object.assign(HTMLCanvasElement.prototype, { transferControlToOffscreen: transfer });
  const name = (element: OutputElement | null): string | null =>
    element && ("src" in element && element.src ? element.src : element.tagName.toLowerCase());
  outputs = new Surfaces(
    (component) => (component === 4 ? { place: (element) => placed.push(name(element)), describe: () => {} } : null),
    events,
  );
});

const image = (index: number): FakeImage => FakeImage.all[index] as FakeImage;

describe("a still frame", () => {
  it("is placed when it is decoded, with the class that tests and scripts rely on", async () => {
    const done = vi.fn();
    outputs.show(4, "file/1", done);
    await settle();
    expect(placed).toEqual([]);
    image(0).resolve();
    await settle();
    expect(placed).toEqual(["file/1"]);
    expect(image(0).classList).toContain("ms-output");
    expect(done).toHaveBeenCalledOnce();
  });

  it("that cannot be had does not keep the next one waiting", async () => {
    outputs.show(4, Promise.reject(new TypeError("no such address")));
    await settle();
    expect(events.failed).toHaveBeenCalledExactlyOnceWith(4);
    outputs.show(4, "b");
    image(1).reject(new TypeError("not what an engine usually rejects with"));
    await settle();
    outputs.show(4, "c");
    await settle();
    image(2).resolve();
    await settle();
    expect(placed).toEqual(["c"]);
  });

  it("gives way to a newer one while both wait", async () => {
    for (const address of ["a", "b", "c"]) outputs.show(4, address);
    image(0).resolve();
    await settle();
    image(1).resolve();
    await settle();
    expect(placed).toEqual(["a", "c"]);
    expect(FakeImage.all).toHaveLength(2);
  });

  it("does not come back after something newer took its place", async () => {
    outputs.show(4, new Blob());
    outputs.clear(4);
    image(0).resolve();
    await settle();
    outputs.prepare(4);
    outputs.show(4, new Blob());
    outputs.stream(4);
    image(1).resolve();
    await settle();
    expect(placed).toEqual(["canvas"]);
    expect(freed).toEqual(["blob:1", "blob:2"]);
  });

  it("frees its bytes when it is replaced", async () => {
    for (let i = 0; i < 2; i++) {
      outputs.show(4, new Blob());
      image(i).resolve();
      await settle();
    }
    outputs.clear(4);
    expect(placed).toEqual(["blob:1", "blob:2", null]);
    expect(freed).toEqual(["blob:1", "blob:2"]);
  });

  it("that is made in a while keeps its turn", async () => {
    let made: (image: Blob) => void = () => {};
    outputs.show(
      4,
      new Promise<Blob>((resolve) => {
        made = resolve;
      }),
    );
    outputs.clear(4);
    made(new Blob());
    await settle();
    image(0).resolve();
    await settle();
    expect(placed).toEqual([]);
    expect(freed).toEqual(["blob:1"]);
  });

  it("that cannot be decoded is told, unless something newer is there", async () => {
    outputs.show(4, "broken");
    image(0).reject(new DOMException("", "EncodingError"));
    await settle();
    expect(events.failed).toHaveBeenCalledOnce();
    outputs.show(4, "broken");
    outputs.clear(4);
    image(1).reject(new DOMException("", "EncodingError"));
    await settle();
    expect(events.failed).toHaveBeenCalledOnce();
  });
});

describe("a streamed frame", () => {
  it("has one surface, whose control is handed over once", () => {
    outputs.prepare(4);
    outputs.prepare(4);
    expect(events.target.mock.calls).toEqual([[4, "canvas target"]]);
    outputs.stream(4);
    outputs.stream(4);
    expect(placed).toEqual(["canvas"]);
  });

  it("takes the place of a still, and back", async () => {
    outputs.prepare(4);
    outputs.stream(4);
    outputs.show(4, "still");
    image(0).resolve();
    await settle();
    outputs.stream(4);
    expect(placed).toEqual(["canvas", "still", "canvas"]);
    expect(events.covered.mock.calls).toEqual([[4]]);
    outputs.clear(4);
    outputs.clear(4);
    expect(events.covered).toHaveBeenCalledTimes(2);
  });

  it.each([
    ["of a sample of its frames", false, [1, 2]],
    ["of every frame while the latency is watched", true, [2, 2]],
  ])("goes through a <video> where tracks can be written to, and tells %s when it was presented", (_, all, asked) => {
    vi.useFakeTimers();
    outputs.reportsAll = all;
    const callbacks: VideoFrameRequestCallback[] = [];
    vi.stubGlobal("MediaStream", class {});
    Object.defineProperty(HTMLVideoElement.prototype, "srcObject", { configurable: true, set: () => {} });
    Object.assign(window, {
      MediaStreamTrackGenerator: class {
        writable = "track target";
      },
    });
    Object.assign(HTMLVideoElement.prototype, {
      play: () => Promise.resolve(),
      requestVideoFrameCallback: (callback: VideoFrameRequestCallback) => callbacks.push(callback),
    });
    outputs.prepare(4);
    outputs.stream(4);
    expect([events.target.mock.calls, placed]).toEqual([[[4, "track target"]], ["video"]]);
    const times = { presentationTime: 420, expectedDisplayTime: 5 };
    callbacks[0]?.(0, { mediaTime: 1_795_354_164.490_641, ...times } as VideoFrameCallbackMetadata);
    const atUs = Math.round((performance.timeOrigin + 420) * 1000);
    expect(events.presented).toHaveBeenCalledWith(4, 1_795_354_164_490_641, atUs, expect.any(Number));
    expect(callbacks).toHaveLength(asked[0] as number);
    vi.advanceTimersByTime(200);
    expect(callbacks).toHaveLength(asked[1] as number);
    vi.useRealTimers();
    delete window.MediaStreamTrackGenerator;
  });
});

it("ignores components that show no frames", () => {
  outputs.prepare(5);
  outputs.stream(5);
  outputs.show(5, "a");
  outputs.clear(5);
  expect(events.target).not.toHaveBeenCalled();
});
