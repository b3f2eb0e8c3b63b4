import { describe, expect, it } from "vitest";
import { LatencyMeter, quantileMs } from "../../src/playback/latency.ts";
import type { LatencyView } from "../../src/playback/latency_view.ts";
import type { Latency } from "../../src/wire/messages.ts";
import type { Packet } from "../../src/wire/packet.ts";
import { CodecNumber, PacketKind } from "../../src/wire/packet.ts";

const OFFSET_US = 5_000_000_000; // the server's clock is ahead of the page's by so much
const CLOCKS = { roundTripUs: 8_000, toPageUs: (serverUs: number) => serverUs - OFFSET_US };
const TOLD: Latency = {
  type: "latency",
  stream: 1,
  calls: 30,
  arrived_us: OFFSET_US + 10_000, // 2 capture, 3 encode, 5 up
  wait_us: 1_000,
  decode_us: 2_000,
  call_us: 4_000,
  encode_us: 3_000,
  received: 300,
  dropped: { superseded: 1 },
  decision: "JPEG at 30 a second: the link is fast and the server has time.",
};

function packet(sequence: number, capturedUs: number, bytes = 1_000): Packet {
  return {
    kind: PacketKind.PICTURE,
    codec: CodecNumber.JPEG,
    flags: 3,
    stream: 1,
    component: 5,
    sequence,
    source: sequence,
    call: 1,
    captured_us: capturedUs,
    payload: new Uint8Array(bytes),
  };
}

/** A meter, and what it reports of component 5. */
function watched(clocks: typeof CLOCKS | null = CLOCKS): { meter: LatencyMeter; views: (LatencyView | null)[] } {
  const views: (LatencyView | null)[] = [];
  const meter = new LatencyMeter(
    () => clocks,
    (_component, view) => views.push(view),
  );
  meter.watch(true, 0);
  return { meter, views };
}

/** A frame goes its way: 2 ms to be drawn, 3 to be encoded, 20 to the server and back, 4 to be decoded, 6 to the screen. */
function frame(meter: LatencyMeter, sequence: number, capturedUs: number, extraUs = 0): void {
  meter.drawn(capturedUs, capturedUs + 2_000);
  meter.sent(packet(sequence, capturedUs), 1, capturedUs + 5_000);
  meter.received(packet(sequence, capturedUs, 500), capturedUs + 25_000);
  meter.decoded(packet(sequence, capturedUs), capturedUs + 29_000);
  const shot = { stream: 1, component: 5, sequence, capturedUs };
  meter.shown(shot, capturedUs + 35_000 + extraUs);
}

const sum = (parts: LatencyView["parts"]): number =>
  Object.values(parts ?? {}).reduce((total, part) => total + part, 0);

describe("the latency of a component", () => {
  it("is split into parts that are together the mean age", () => {
    const { meter, views } = watched();
    for (let at = 1; at <= 30; at++) frame(meter, at, at * 33_000, at % 2 ? 4_000 : 0);
    meter.told(TOLD);
    meter.tick(1_000_000);
    const view = views[0];

    expect(view?.parts).toEqual({
      capture: 2,
      encode: 3,
      up: 5,
      wait: 1,
      handler: 6,
      answer: 3,
      down: 5,
      decode: 4,
      screen: 8,
    });
    expect(sum(view?.parts ?? null)).toBeCloseTo(37);
    expect([view?.p50Ms, view?.p95Ms, view?.fps]).toEqual([35, 39, 30]);
    expect(view?.roundTripMs).toBe(8);
    expect(view?.codecs).toEqual(["JPEG", "JPEG"]);
    expect(view?.bitsPerS).toEqual([240_000, 120_000]);
    expect([view?.dropped, view?.decision]).toEqual([TOLD.dropped, TOLD.decision]);
  });

  it.each([
    ["a comparison of the clocks that is off", { arrived_us: OFFSET_US + 90_000 }],
    ["a clock that says that frames arrive before they are sent", { arrived_us: OFFSET_US - 90_000 }],
    ["a share of the server that is larger than there was time", { call_us: 400_000 }],
  ])("adds up all the same with %s", (_name, changes) => {
    const { meter, views } = watched();
    frame(meter, 1, 1_000);
    meter.told({ ...TOLD, ...changes });
    meter.tick(1_000_000);

    expect(sum(views[0]?.parts ?? null)).toBeCloseTo(35);
    expect(Math.min(...Object.values(views[0]?.parts ?? { none: -1 }))).toBeGreaterThanOrEqual(0);
  });

  it("has no parts before the server has told its share, or without a clock", () => {
    const before = watched();
    frame(before.meter, 1, 1_000);
    before.meter.tick(1_000_000);
    const without = watched(null);
    frame(without.meter, 1, 1_000);
    without.meter.told(TOLD);
    without.meter.tick(1_000_000);

    for (const { views } of [before, without]) expect([views[0]?.p50Ms, views[0]?.parts]).toEqual([35, null]);
  });

  it("is that of each second by itself, and of a second without frames unknown", () => {
    const { meter, views } = watched();
    frame(meter, 1, 1_000);
    meter.tick(1_000_000);
    meter.tick(2_000_000);
    frame(meter, 2, 2_000_000, 10_000);
    meter.tick(4_000_000);

    expect(views.map((view) => [view?.p50Ms, view?.fps])).toEqual([
      [35, 1],
      [null, 0],
      [45, 0.5],
    ]);
  });

  it("counts a frame that the page shows by itself, whose capture only its packet tells", () => {
    const { meter, views } = watched();
    meter.received(packet(7, 1_000), 20_000);
    meter.shown({ stream: 1, component: 5, sequence: 7 }, 31_000);
    meter.shown({ stream: 1, component: 5, sequence: 8 }, 32_000); // nobody knows it
    meter.tick(1_000_000);

    expect([views[0]?.p50Ms, views[0]?.fps]).toEqual([30, 1]);
  });

  it("counts the audio that goes up with the frames, and names the codec of the frames", () => {
    const { meter, views } = watched();
    frame(meter, 1, 1_000);
    const audio = { ...packet(1, 5_000, 300), kind: PacketKind.SOUND, codec: CodecNumber.PCM16, stream: 9 };
    meter.sent(audio, 1, 6_000);
    meter.tick(1_000_000);

    expect([views[0]?.codecs[0], views[0]?.bitsPerS[0]]).toEqual(["JPEG", 8 * 1_300]);
  });

  it("ends with its stream, and with the session", () => {
    const { meter, views } = watched();
    frame(meter, 1, 1_000);
    meter.endStream(2);
    expect(views).toEqual([]);
    meter.endStream(1);
    meter.tick(1_000_000);
    expect(views).toEqual([null]);
    frame(meter, 2, 1_000_000);
    meter.clear();
    expect(views).toEqual([null, null]);
  });

  it("is not measured unless somebody watches", () => {
    const { meter, views } = watched();
    meter.watch(false, 0);
    frame(meter, 1, 1_000);
    meter.told(TOLD);
    meter.tick(1_000_000);

    expect(views).toEqual([]);
  });

  it("forgets frames that never come back", () => {
    const { meter } = watched();
    for (let at = 1; at <= 5_000; at++) {
      meter.drawn(at, at);
      meter.received(packet(at, at), at);
    }
    const { ups, downs } = meter as unknown as { ups: Map<number, unknown>; downs: Map<string, unknown> };
    expect([ups.size, downs.size]).toEqual([256, 256]);
  });
});

it("a quantile is the least value that so many do not exceed", () => {
  const sorted = Array.from({ length: 20 }, (_, at) => (at + 1) * 1000);
  expect([quantileMs(sorted, 0.5), quantileMs(sorted, 0.95), quantileMs(sorted, 1)]).toEqual([10, 19, 20]);
  expect([quantileMs([7_000], 0.5), quantileMs([], 0.5)]).toEqual([7, null]);
});

describe("audio without frames", () => {
  const chunk = (sequence: number, capturedUs: number): Packet => ({
    ...packet(sequence, capturedUs, 3_200),
    kind: PacketKind.SOUND,
    codec: CodecNumber.PCM16,
    component: 7,
  });

  function listening(): { meter: LatencyMeter; views: [number, LatencyView | null][] } {
    const views: [number, LatencyView | null][] = [];
    const share = { backlogS: (stream: number) => stream / 4, dropped: () => ({ late: 0 }) };
    const meter = new LatencyMeter(
      () => CLOCKS,
      (component, view) => views.push([component, view]),
      share,
    );
    meter.watch(true, 0);
    return { meter, views };
  }

  it("has the age at which it is handled, and what waits, at its microphone", () => {
    const { meter, views } = listening();
    for (let at = 1; at <= 10; at++) meter.sent(chunk(at, at * 100_000), 2, at * 100_000 + 104_000);
    meter.told({ ...TOLD, stream: 2, calls: 10, arrived_us: OFFSET_US + 110_000 });
    meter.tick(1_000_000);
    const [[component, view]] = views as [[number, LatencyView]];
    expect(component).toBe(7);
    expect(view.parts).toMatchObject({ capture: 104, up: 6, wait: 1, handler: 6, screen: 0 });
    expect([view.p50Ms, view.p95Ms, view.fps, view.backlogS]).toEqual([117, null, 10, 0.5]);
    expect([view.codecs, view.bitsPerS]).toEqual([
      ["PCM16", ""],
      [256_000, 0],
    ]);
    expect(view.dropped).toEqual({ superseded: 1, late: 0 });
    meter.endStream(2);
    expect(views.at(-1)).toEqual([7, null]);
  });

  it("has none until the server has told its share", () => {
    const { meter, views } = listening();
    meter.sent(chunk(1, 100_000), 2, 204_000);
    meter.tick(1_000_000);
    expect(views[0]?.[1]).toMatchObject({ p50Ms: null, parts: null, backlogS: 0.5 });
    meter.clear();
    expect(views.at(-1)).toEqual([7, null]);
  });

  it("is not told apart from frames that come with it", () => {
    const { meter, views } = listening();
    meter.sent(chunk(1, 100_000), 2, 204_000);
    meter.sent(packet(1, 120_000), 2, 130_000);
    meter.tick(1_000_000);
    expect(views).toEqual([]);
  });
});
