import { encode } from "@msgpack/msgpack";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { CameraOverlay } from "../../src/overlay/camera_overlay.ts";

const CAMERA_US = 33_000;

/** Notes what is drawn on it, as the frame that is made of it has it then. */
class FakeCanvas {
  width = 1;
  height = 1;
  notes: string[] = [];
  getContext() {
    const ignore = () => {};
    const draw = (source: { us?: number; notes?: string[] }) => {
      this.notes = source.notes ? [...source.notes] : [`frame ${source.us}`];
    };
    const rect = (x: number) => this.notes.push(`${this.isDashed ? "dashed" : "solid"} ${Math.round(x)}`);
    const setLineDash = (dash: number[]) => {
      this.isDashed = dash.length > 0;
    };
    const rest = { setTransform: ignore, save: ignore, restore: ignore, beginPath: ignore, stroke: ignore };
    return { canvas: this, drawImage: draw, rect, setLineDash, ...rest };
  }
  transferToImageBitmap = () => ({ notes: this.notes });
  private isDashed = false;
}

class MadeFrame {
  readonly notes: string[];
  readonly timestamp: number;
  constructor(canvas: FakeCanvas, { timestamp }: { timestamp: number }) {
    this.notes = canvas.notes;
    this.timestamp = timestamp;
  }
}

let overlay: CameraOverlay;
/** All that was carried on to the page, by component. */
let carried: string[];
const described = vi.fn();

beforeEach(() => {
  vi.stubGlobal("OffscreenCanvas", FakeCanvas);
  vi.stubGlobal("VideoFrame", MadeFrame);
  carried = [];
  described.mockClear();
  overlay = new CameraOverlay(false, {
    carry: (component, us, make) => {
      carried.push(`${component} ${(make(us) as unknown as MadeFrame).notes}`);
    },
    described,
  });
});

const NONE = new Uint8Array(0);

/** A box whose left edge is at a part of the width of 640, for component 5. */
function payload(left: number, interpolates = true): Uint8Array {
  const points = new Uint8Array(Int16Array.from([left * 16_384, 0, 16_384, 16_384]).buffer);
  const ids = new Uint8Array(Uint32Array.from([7]).buffer);
  return encode([640, 480, interpolates, [], [[1, 1, points, NONE, NONE, NONE, ids, NONE, NONE, false, []]]]);
}

const camera = (number: number, isSent = true): void => {
  const frame = { us: number, displayWidth: 640, displayHeight: 480 } as unknown as VideoFrame;
  overlay.offer(frame, number * CAMERA_US, isSent);
};
const result = (number: number, left: number, interpolates = true): string | null => {
  const made = overlay.draw(5, payload(left, interpolates), number * CAMERA_US, number) as unknown as MadeFrame | null;
  return made && String(made.notes);
};

describe("the marks of a fast handler", () => {
  it("are drawn on the very frame that they were computed from", () => {
    expect(result(0, 0.1)).toBeNull(); // frames are not kept before there are marks
    for (let number = 1; number < 30; number++) {
      camera(number);
      if (number > 2) expect(result(number - 2, number / 64)).toBe(`frame ${number - 2},solid ${number * 10}`);
    }
    expect(carried).toEqual([]);
  });

  it("are drawn on a bitmap where the browser has no frames", () => {
    vi.stubGlobal("VideoFrame", undefined);
    result(0, 0.1);
    camera(1);
    expect(result(1, 0.25)).toBe("frame 1,solid 160");
  });

  it("are not drawn on a frame that is not kept any more", () => {
    result(0, 0.1);
    for (let number = 1; number <= 40; number++) camera(number);
    expect(result(3, 0.2)).toBeNull();
  });
});

describe("the marks of a slow handler", () => {
  /** A handler that takes six frames of the camera, on something that moves by 1/64 of the width for each. */
  const slow = (interpolates: boolean): string[] => {
    const exact: string[] = [];
    for (let number = 0; number < 60; number++) {
      camera(number, number % 6 === 0);
      if (number % 6 !== 0 || number === 0) continue;
      const shown = result(number - 6, (number - 6) / 128, interpolates);
      if (shown) exact.push(shown);
    }
    return exact;
  };

  it("are carried on to each frame of the camera, dashed, where they are to be expected", () => {
    slow(true);
    expect(carried.slice(-10)).toEqual(
      Array.from({ length: 10 }, (_, at) => `5 frame ${50 + at},dashed ${(50 + at) * 5}`),
    );
  });

  it("do not take the video back to an earlier frame", () => {
    expect(slow(true).length).toBeLessThan(3);
  });

  it("do not flash where a result comes while its frame is still the last", () => {
    const exact: (string | null)[] = [];
    for (let number = 0; number < 90; number++) {
      camera(number, number % 15 === 0);
      if (number % 15 === 0) exact.push(result(number, 0.1));
    }
    expect(exact.slice(2)).toEqual([null, null, null, null]);
    expect(carried).toHaveLength(90 - 5);
  });

  it("are shown on their own frames alone, if the app wants that", () => {
    expect(slow(false)).toEqual([12, 18, 24, 30, 36, 42, 48].map((number) => `frame ${number},solid ${number * 5}`));
    expect(carried).toEqual([]);
  });

  it("end with the stream", () => {
    slow(true);
    overlay.forget(5);
    carried.length = 0;
    for (let number = 60; number < 80; number++) camera(number);
    expect(carried).toEqual([]);
  });
});

it("the marks are told in words, when they change and at most once a second", () => {
  for (let number = 0; number < 90; number++) result(number, 0.1);
  expect(described.mock.calls).toEqual([[5, "1 unnamed"]]);
});
