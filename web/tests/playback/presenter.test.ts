import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FrameCodec } from "../../src/codecs/codec.ts";
import { Presenter } from "../../src/playback/presenter.ts";
import type { Outputs } from "../../src/wire/messages.ts";
import { CodecNumber, Flag, type Packet } from "../../src/wire/packet.ts";
import { DELTA, DeltaCodec, NumberFrame, packet } from "./delta_codec.ts";

const { KEY, INDEPENDENT, NONE } = Flag;
const ALONE = KEY | INDEPENDENT;

let codec: DeltaCodec;
let presenter: Presenter;
/** All that became visible, in order: frames as `component=number`, the rest as it was applied. */
let seen: string[];
let frames: NumberFrame[];
let missing: string[];
const failed = vi.fn();

beforeEach(() => {
  codec = new DeltaCodec();
  seen = [];
  frames = [];
  missing = [];
  failed.mockClear();
  const png: FrameCodec = { mime: "image/png", openDecoder: () => codec.openDecoder() };
  presenter = new Presenter(
    new Map<number, FrameCodec>([
      [DELTA, codec],
      [CodecNumber.PNG, png],
    ]),
    {
      apply: ({ updates }, stills) => {
        const values = Object.entries(updates).map(([component, props]) => `${component}:${JSON.stringify(props)}`);
        seen.push([...values, ...stills.map((still) => `${still.component}~${still.mime}`)].join(" "));
      },
      streaming: (component) => seen.push(`streaming ${component}`),
      failed,
      missing: (stream, component) => missing.push(`${stream}/${component}`),
    },
  );
  for (const component of [4, 5]) {
    presenter.setSink(component, {
      show: (frame: unknown) => {
        const shown = frame as NumberFrame;
        seen.push(`${component}=${shown.number}`);
        frames.push(shown);
        shown.close();
      },
    });
  }
});

const settle = async (): Promise<void> => {
  for (let i = 0; i < 80; i++) await Promise.resolve();
};

function outputs(call: number, value: unknown, changes: Partial<Outputs> = {}): Outputs {
  const plain = { type: "outputs", call, stream: 1, source: 0, run: 0, seen: 0, packets: 0 } as const;
  return { ...plain, updates: { 9: { value } }, ...changes };
}

async function receive(...packets: Packet[]): Promise<void> {
  for (const packet of packets) presenter.receive(packet);
  await settle();
}

describe("one result", () => {
  it("is applied at once if it has no frame", () => {
    presenter.announce(outputs(1, "a"));
    expect(seen).toEqual(['9:{"value":"a"}']);
  });

  it("waits for all its frames, and appears together", async () => {
    presenter.announce(outputs(1, "a", { packets: 2 }));
    await receive(packet(1, 7, NONE, { component: 4, call: 1, flags: ALONE }));
    expect(seen).toEqual([]);
    await receive(packet(2, 8, ALONE, { component: 5, call: 1 }));
    expect(seen).toEqual(["4=7", "streaming 4", "5=8", "streaming 5", '9:{"value":"a"}']);
  });

  it("is not mixed up with a result of another stream, in whatever order the frames come", async () => {
    presenter.announce(outputs(1, "a", { packets: 1 }));
    presenter.announce(outputs(1, "b", { packets: 1, stream: 2, updates: { 8: { value: "b" } } }));
    await receive(packet(1, 7, ALONE, { call: 1, stream: 2, component: 5 }));
    expect(seen).toEqual(["5=7", "streaming 5", '8:{"value":"b"}']);
    await receive(packet(1, 6, ALONE, { call: 1 }));
    expect(seen.slice(3)).toEqual(["4=6", "streaming 4", '9:{"value":"a"}']);
  });

  it("is not shown if it is older than the stream allows, and is decoded for those that follow", async () => {
    const nowUs = (performance.timeOrigin + performance.now()) * 1000;
    presenter.freshness.begin(1, 0.2);
    await receive(packet(1, 1, KEY, { captured_us: nowUs - 300_000 }), packet(2, 2, NONE, { captured_us: nowUs }));
    expect(seen.filter((line) => line.startsWith("4="))).toEqual(["4=3"]);
    expect([presenter.freshness.stale(1), missing]).toEqual([1, []]);
    presenter.endStream(1);
    await receive(packet(3, 9, KEY, { captured_us: nowUs - 300_000 }));
    expect(seen.at(-1)).toBe("4=9");
  });

  it("is not shown if a link that stood still held it up, unless nothing newer is to come", async () => {
    const nowUs = (performance.timeOrigin + performance.now()) * 1000;
    presenter.freshness.begin(1);
    presenter.freshness.stood(nowUs);
    await receive(packet(1, 1, KEY, { captured_us: nowUs - 10 }), packet(2, 2, NONE, { captured_us: nowUs + 10 }));
    expect(seen.filter((line) => line.startsWith("4="))).toEqual(["4=3"]);
    expect([presenter.freshness.stale(1), missing]).toEqual([1, []]);
    presenter.freshness.stop(1);
    presenter.freshness.stood(nowUs + 50);
    await receive(packet(3, 9, KEY, { captured_us: nowUs + 20 }));
    expect(seen.at(-1)).toBe("4=9");
  });

  it("says once that a surface is streamed, and again after something else was shown there", async () => {
    await receive(packet(1, 1, ALONE), packet(2, 2, ALONE));
    presenter.announce(outputs(3, null, { updates: { 4: { value: null } } }));
    await receive(packet(4, 4, ALONE));
    expect(seen.filter((line) => line === "streaming 4")).toHaveLength(2);
  });

  it("says so again when the page covered the surface by itself, and for another stream", async () => {
    await receive(packet(1, 1, ALONE));
    presenter.cover(4);
    await receive(packet(2, 2, ALONE), packet(3, 3, ALONE));
    await receive(packet(1, 4, ALONE, { stream: 2, call: 9 }));
    expect(seen).toEqual(["4=1", "streaming 4", "4=2", "streaming 4", "4=3", "4=4", "streaming 4"]);
  });
});

describe("an older result", () => {
  it("never replaces a newer one of another stream", async () => {
    codec.isHeld = true;
    presenter.announce(outputs(1, "old", { packets: 1 }));
    await receive(packet(1, 1, ALONE));
    presenter.announce(outputs(2, "new", { stream: 0, run: 1, updates: { 9: { value: "new" }, 4: { value: null } } }));
    codec.release();
    await settle();
    expect(seen).toEqual(['4:{"value":null} 9:{"value":"new"}']);
    expect(codec.decoded.every(({ isClosed }) => isClosed)).toBe(true);
  });

  it("keeps what the newer one did not touch", async () => {
    codec.isHeld = true;
    presenter.announce(outputs(1, "old", { packets: 1, updates: { 9: { value: "old", label: "l" } } }));
    await receive(packet(1, 1, ALONE));
    presenter.announce(outputs(2, "new", { stream: 0 }));
    codec.release();
    await settle();
    expect(seen).toEqual(['9:{"value":"new"}', "4=1", "streaming 4", '9:{"label":"l"}']);
  });

  it("gives its frame up to a newer one while both wait, but not its values", async () => {
    codec.isHeld = true;
    await receive(packet(1, 1, ALONE));
    for (const call of [2, 3, 4]) {
      presenter.announce(outputs(call, call, { packets: 1 }));
      await receive(packet(call, call, ALONE));
    }
    codec.isHeld = false;
    codec.release();
    await settle();
    expect(seen).toEqual(["4=1", "streaming 4", '9:{"value":2}', '9:{"value":3}', "4=4", '9:{"value":4}']);
    expect(codec.decoded.map(({ number }) => number)).toEqual([1, 4]);
  });
});

describe("a codec with deltas", () => {
  it("gets every packet, in order, however many wait", async () => {
    codec.isHeld = true;
    await receive(packet(1, 100, KEY));
    await receive(packet(2, 1, NONE), packet(3, 1, NONE), packet(4, 1, NONE));
    codec.isHeld = false;
    codec.release();
    await settle();
    expect(codec.decoded.map(({ number }) => number)).toEqual([100, 101, 102, 103]);
    expect(seen.filter((line) => line.startsWith("4="))).toEqual(["4=100", "4=101", "4=102", "4=103"]);
  });

  it("loses only those that nothing depends on", async () => {
    codec.isHeld = true;
    await receive(packet(1, 100, KEY));
    await receive(packet(2, 1, NONE), packet(3, 50, INDEPENDENT), packet(4, 1, NONE));
    codec.isHeld = false;
    codec.release();
    await settle();
    expect(codec.decoded.map(({ number }) => number)).toEqual([100, 101, 102]);
  });

  it("is decoded while the page is hidden, and its newest frame shown then without a new key frame", async () => {
    await receive(packet(1, 100, KEY));
    presenter.setHidden(true);
    await receive(packet(2, 1, NONE), packet(3, 1, NONE));
    presenter.setHidden(false);
    await receive(packet(4, 1, NONE));
    expect(seen.filter((line) => line.startsWith("4="))).toEqual(["4=100", "4=102", "4=103"]);
    expect(missing).toEqual([]);
    expect(codec.decoded.every(({ isClosed }) => isClosed)).toBe(true);
  });

  it("has a decoder for each stream, closed with it", async () => {
    await receive(packet(1, 100, KEY), packet(1, 7, KEY, { stream: 2 }));
    await receive(packet(2, 1, NONE), packet(2, 1, NONE, { stream: 2 }));
    expect(codec.decoded.map(({ number }) => number)).toEqual([100, 7, 101, 8]);
    presenter.endStream(1);
    expect(codec.closed).toBe(1);
    presenter.clear();
    expect(codec.closed).toBe(2);
  });
});

describe("a key frame that is missing", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date", "performance"] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it("is asked for once, and deltas are dropped and counted until it comes", async () => {
    await receive(packet(1, 1, NONE), packet(2, 1, NONE), packet(3, 1, NONE));
    expect(missing).toEqual(["1/4"]);
    expect([presenter.decoders.dropped(1), presenter.freshness.stale(1)]).toEqual([3, 0]);
    await receive(packet(4, 100, KEY), packet(5, 1, NONE));
    expect(seen.filter((line) => line.startsWith("4="))).toEqual(["4=100", "4=101"]);
    expect([1, 2].map((stream) => presenter.decoders.dropped(stream))).toEqual([3, 0]);
    expect(missing).toHaveLength(1);
    expect(failed).not.toHaveBeenCalled();
  });

  it("is asked for again, ever more seldom, while none comes", async () => {
    const asked = [];
    for (let ms = 0; ms < 20_000; ms += 100) {
      await receive(packet(ms / 100 + 1, 1, NONE));
      if (missing.length > asked.length) asked.push(ms);
      vi.advanceTimersByTime(100);
    }
    expect(asked).toEqual([0, 500, 1500, 3500, 7500, 15500]);
  });

  it("is asked for when the decoder is lost", async () => {
    await receive(packet(1, 100, KEY));
    codec.isLost = true;
    await receive(packet(2, 1, NONE), packet(3, 1, NONE));
    codec.isLost = false;
    await receive(packet(4, 1, NONE), packet(5, 50, KEY), packet(6, 1, NONE));
    expect(missing).toEqual(["1/4"]);
    expect(seen.filter((line) => line.startsWith("4="))).toEqual(["4=100", "4=50", "4=51"]);
  });

  it("is told to the user after three key frames that cannot be decoded", async () => {
    codec.isLost = true;
    for (let sequence = 1; sequence < 7; sequence++) await receive(packet(sequence, 1, KEY));
    expect(failed).toHaveBeenCalledOnce();
  });

  it("is asked for instead of decoding all that a slow decoder has before it", async () => {
    codec.isHeld = true;
    await receive(packet(1, 100, KEY));
    for (let sequence = 2; sequence < 60; sequence++) await receive(packet(sequence, 1, NONE));
    codec.isHeld = false;
    codec.release();
    await settle();
    await receive(packet(60, 7, KEY));
    expect(missing).toEqual(["1/4"]);
    expect(codec.decoded.map(({ number }) => number)).toEqual([100, 7]);
    expect(seen.at(-1)).toBe("4=7");
  });
});

describe("a hidden page", () => {
  it("decodes nothing, applies values, and shows the newest frame first when it is back", async () => {
    presenter.setHidden(true);
    for (const call of [1, 2, 3]) {
      presenter.announce(outputs(call, call, { packets: 1 }));
      await receive(packet(call, call, ALONE));
    }
    expect(codec.decoded).toEqual([]);
    expect(seen).toEqual(['9:{"value":1}', '9:{"value":2}', '9:{"value":3}']);
    presenter.setHidden(false);
    await settle();
    expect(seen.slice(3)).toEqual(["4=3", "streaming 4"]);
  });

  it("does not bring back what was cleared meanwhile", async () => {
    presenter.setHidden(true);
    await receive(packet(1, 1, ALONE));
    presenter.announce(outputs(2, null, { stream: 0, updates: { 4: { value: null } } }));
    presenter.setHidden(false);
    await settle();
    expect(seen).toEqual(['4:{"value":null}']);
  });
});

describe("frames that the page shows by itself", () => {
  it("are those of ordinary events, those with transparency, and those without a sink", async () => {
    await receive(packet(1, 1, ALONE, { stream: 0, codec: CodecNumber.PNG }));
    await receive(packet(1, 1, ALONE, { codec: CodecNumber.PNG }));
    await receive(packet(2, 1, ALONE, { codec: CodecNumber.PNG, component: 6 }));
    expect(seen).toEqual(["4~image/png", "4~image/png", "6~image/png"]);
    expect(codec.decoded).toEqual([]);
  });
});

describe("whatever goes wrong", () => {
  it("a frame that cannot be decoded takes nothing else with it", async () => {
    presenter.announce(outputs(1, "a", { packets: 1 }));
    codec.isLost = true;
    await receive(packet(1, 1, ALONE));
    codec.isLost = false;
    expect(failed).toHaveBeenCalledOnce();
    expect(seen).toEqual(['9:{"value":"a"}']);
    await receive(packet(2, 5, ALONE));
    expect(seen).toContain("4=5");
  });

  it("frames of a session that is over are closed, not shown", async () => {
    codec.isHeld = true;
    await receive(packet(1, 1, ALONE));
    presenter.clear();
    codec.release();
    await settle();
    expect(seen).toEqual([]);
    expect(codec.decoded.map(({ isClosed }) => isClosed)).toEqual([true]);
  });

  it("timestamps of an output rise, as those of 120 frames per second, however slow the stream and whatever else is shown", async () => {
    vi.useFakeTimers({ now: 1_000 });
    await receive(packet(1, 1, ALONE), packet(2, 2, ALONE, { component: 5 }), packet(3, 3, ALONE));
    vi.advanceTimersByTime(100);
    await receive(packet(4, 4, ALONE, { component: 5 }), packet(5, 5, ALONE));
    const stamps = frames.filter(({ number }) => number % 2 === 1).map(({ timestamp }) => timestamp);
    expect(stamps.map((stamp, index) => stamp - (stamps[index - 1] ?? 0))).toEqual([8333, 8333, 8333]);
  });
});

describe("marks on the frames of a camera", () => {
  const MARKS = { codec: CodecNumber.OVERLAY, call: 1 };
  let made: NumberFrame[];

  beforeEach(() => {
    made = [];
    const nothing: FrameCodec = { mime: null, openDecoder: () => ({ decode: async () => null, close: () => {} }) };
    const events = {
      apply: vi.fn(),
      streaming: (component: number) => seen.push(`streaming ${component}`),
      failed,
      missing: vi.fn(),
    };
    presenter = new Presenter(new Map([[CodecNumber.OVERLAY, nothing]]), events);
    presenter.setSink(4, {
      show: (frame: unknown, shown) => {
        seen.push(`${(frame as NumberFrame).number} number ${shown.sequence} of ${shown.captured_us}`);
      },
    });
  });

  const carry = (number: number): void =>
    presenter.carry(4, number * 1000, (timestampUs) => {
      const frame = new NumberFrame(number, timestampUs);
      made.push(frame);
      return frame as unknown as VideoFrame;
    });

  it("show nothing by themselves if their frame is not to be shown", async () => {
    await receive(packet(1, 0, ALONE, MARKS));
    expect(seen).toEqual([]);
    expect(failed).not.toHaveBeenCalled();
  });

  it("are carried on to frames that no packet brought", async () => {
    await receive(packet(1, 0, ALONE, MARKS));
    carry(8);
    carry(9);
    expect(seen).toEqual(["8 number 0 of 8000", "streaming 4", "9 number 0 of 9000"]);
    expect(made.map(({ isClosed }) => isClosed)).toEqual([false, false]); // the sink's
  });

  it("are carried on only once there are some, and not in a hidden page", async () => {
    carry(7);
    await receive(packet(1, 0, ALONE, MARKS));
    presenter.setHidden(true);
    carry(8);
    expect(made).toEqual([]);
  });

  it("do not take the place of a newer value", async () => {
    await receive(packet(1, 0, ALONE, MARKS));
    presenter.announce(outputs(2, null, { updates: { 4: { value: null } } }));
    carry(8);
    expect(seen).toEqual([]);
    expect(made).toEqual([]);
  });

  it("end with the session", async () => {
    await receive(packet(1, 0, ALONE, MARKS));
    presenter.clear();
    carry(8);
    expect(made).toEqual([]);
  });
});

describe("when the link was lost", () => {
  it("values count whose frames did not come, and later ones after them", async () => {
    const outputs = { type: "outputs", stream: 1, source: 0, run: 0, seen: 0 } as const;
    presenter.announce({ ...outputs, call: 1, packets: 1, updates: { 9: { value: "first" } } });
    presenter.announce({ ...outputs, call: 2, packets: 0, updates: { 9: { value: "second" } } });
    presenter.interrupt();
    await settle();
    expect(seen.filter((line) => line.startsWith("9"))).not.toContain('9:{"value":"first"}');
    presenter.announce({ ...outputs, call: 3, packets: 1, updates: { 8: { value: "alone" } } });
    presenter.interrupt();
    await settle();
    expect(seen.at(-1)).toBe('8:{"value":"alone"}');
  });

  it("frames that build on lost ones are not shown, up to a key frame", async () => {
    await receive(packet(1, 100, KEY));
    presenter.interrupt();
    await receive(packet(7, 1, NONE), packet(8, 50, KEY), packet(9, 1, NONE));
    expect(seen.filter((line) => line.startsWith("4="))).toEqual(["4=100", "4=50", "4=51"]);
    expect(missing).toEqual(["1/4"]);
  });
});
