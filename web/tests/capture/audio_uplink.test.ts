import { beforeEach, describe, expect, it, vi } from "vitest";
import { AudioCapture, AudioUplink, Meter } from "../../src/capture/audio_uplink.ts";
import type { BacklogOptions } from "../../src/capture/backlog.ts";
import type { Packet } from "../../src/wire/packet.ts";
import { Flag } from "../../src/wire/packet.ts";

const OPTIONS: BacklogOptions = { rate: 1_000, channels: 1, everyS: 0.1, keep: "all", maxBacklogS: 2 };

let sent: Packet[];
const overflow = vi.fn();

function open(options: Partial<BacklogOptions> = {}): AudioUplink {
  sent = [];
  overflow.mockClear();
  return new AudioUplink(1, 4, { ...OPTIONS, ...options }, (packet) => sent.push(packet), overflow);
}

const samplesOf = ({ payload }: Packet): number => Math.max(0, payload.length - 16) / 2;
const firstOf = ({ payload }: Packet): number => payload[0] as number;
const isLast = ({ flags }: Packet): boolean => (flags & Flag.LAST) !== 0;
const audio = (count: number): Int16Array => new Int16Array(count);

describe("audio on its way up", () => {
  let uplink: AudioUplink;
  beforeEach(() => {
    uplink = open();
    uplink.raise(2);
  });

  it("begins with the turn, and is cut exactly", () => {
    uplink.push(audio(55), 0);
    uplink.run();
    uplink.push(audio(99), 0);
    expect(sent).toEqual([]);
    uplink.push(audio(2), 0);
    expect(sent.map(samplesOf)).toEqual([100]);
    expect(firstOf(sent[0] as Packet)).toBe(0);
  });

  it("waits for credit in the page, and is then joined", () => {
    uplink.run();
    for (let i = 0; i < 6; i++) uplink.push(audio(100), 0);
    expect(sent.map(samplesOf)).toEqual([100, 100]);
    uplink.raise(3);
    expect(sent.map(samplesOf)).toEqual([100, 100, 400]);
    expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  it("is flushed at Stop, which names the last packet before it is sent", () => {
    uplink.run();
    uplink.push(audio(250), 0);
    uplink.push(audio(125), 0);
    expect(uplink.finish()).toBe(3);
    expect(sent.map(samplesOf)).toEqual([200, 100]);
    uplink.raise(3);
    expect(sent.map(samplesOf)).toEqual([200, 100, 75]);
    expect(sent.map(isLast)).toEqual([false, false, true]);
    expect(sent.every(({ flags }) => (flags & Flag.INDEPENDENT) === 0)).toBe(true);
  });

  it("has an empty last packet when nothing is left", () => {
    uplink.run();
    uplink.push(audio(100), 0);
    expect(uplink.finish()).toBe(2);
    expect(sent.map((packet) => packet.payload.length)).toEqual([216, 0]);
    expect(sent.map(isLast)).toEqual([false, true]);
  });

  it("counts on over a second turn, without what came between", () => {
    uplink.run();
    uplink.push(audio(150), 0);
    uplink.expire();
    uplink.pause();
    uplink.push(audio(1_000), 0);
    uplink.run();
    uplink.raise(9);
    uplink.push(audio(100), 0);
    expect(sent.map(samplesOf)).toEqual([100, 50, 100]);
    expect(sent.map(firstOf)).toEqual([0, 100, 150]);
    expect(sent.map(isLast)).toEqual([false, true, false]);
  });

  it("goes on without a seam when its turn is extended", () => {
    uplink.run();
    uplink.push(audio(60), 0);
    uplink.run();
    uplink.push(audio(60), 0);
    expect(sent.map(samplesOf)).toEqual([100]);
  });

  it("does not flush twice", () => {
    uplink.run();
    uplink.finish();
    uplink.expire();
    uplink.raise(9);
    expect(sent).toHaveLength(1);
  });
});

describe("audio that the server does not take", () => {
  it("ends the stream when more waits than the backlog holds", () => {
    const uplink = open();
    uplink.run();
    for (let i = 0; i < 20; i++) uplink.push(audio(100), 0);
    expect(overflow).not.toHaveBeenCalled();
    uplink.push(audio(100), 0);
    expect(overflow).toHaveBeenCalledOnce();
    expect(uplink.sent).toBe(0);
  });

  it("is replaced by newer audio with keep=latest", () => {
    const uplink = open({ keep: "latest" });
    uplink.run();
    for (let i = 0; i < 100; i++) uplink.push(audio(100), i);
    uplink.raise(1);
    expect(sent.map(samplesOf)).toEqual([100]);
    expect(sent[0]).toMatchObject({ captured_us: 99, flags: Flag.KEY | Flag.INDEPENDENT });
    expect(overflow).not.toHaveBeenCalled();
  });
});

describe("the capture of a microphone", () => {
  it("feeds all streams, with the time of the first sample", () => {
    const pushed: [number, number][] = [];
    const uplink = { push: (samples: Int16Array, us: number) => pushed.push([samples.length, us]) };
    const format = { deviceRate: 1_000, rate: 1_000, channels: 2 };
    vi.useFakeTimers();
    const capture = new AudioCapture(format, () => [uplink as unknown as AudioUplink], vi.fn());
    const now = Math.round((performance.timeOrigin + performance.now()) * 1000);
    capture.offer(new Float32Array(20));
    expect(pushed).toEqual([[20, now - 10_000]]);
  });

  it("resamples where the browser could not", () => {
    let total = 0;
    const uplink = { push: (samples: Int16Array) => (total += samples.length) };
    const format = { deviceRate: 48_000, rate: 16_000, channels: 1 };
    const capture = new AudioCapture(format, () => [uplink as unknown as AudioUplink], vi.fn());
    for (let i = 0; i < 100; i++) capture.offer(new Float32Array(480));
    expect(total).toBeGreaterThan(15_900);
    expect(total).toBeLessThanOrEqual(16_000);
  });

  it("tells twenty times a second how loud it is", () => {
    const levels: { rms: number; peak: number }[] = [];
    const format = { deviceRate: 8_000, rate: 8_000, channels: 1 };
    const capture = new AudioCapture(
      format,
      () => [],
      (level) => levels.push(level),
    );
    for (let i = 0; i < 100; i++) capture.offer(new Float32Array(80).fill(0.5));
    expect(levels).toHaveLength(20);
    expect(levels[0]).toEqual({ rms: 0.5, peak: 0.5 });
  });
});

it("measures loudness over stretches, and begins each anew", () => {
  const meter = new Meter(4);
  expect(meter.add(Float32Array.of(0, 1))).toBeNull();
  expect(meter.add(Float32Array.of(-1, 0))).toEqual({ rms: Math.SQRT1_2, peak: 1 });
  expect(meter.add(Float32Array.of(0, 0, 0, 0))).toEqual({ rms: 0, peak: 0 });
});

describe("audio whose link is lost", () => {
  it("is sent again from the first packet that did not arrive", () => {
    const uplink = open();
    uplink.run();
    uplink.raise(4, 0);
    for (let i = 0; i < 4; i++) uplink.push(audio(100), 0);
    uplink.raise(4, 1);
    const before = sent.splice(0);
    uplink.resume(2);
    expect(sent).toEqual(before.slice(2));
    uplink.resume(4);
    expect(sent).toHaveLength(2);
  });

  it("waits for the next slot if this one is lost meanwhile, and goes on where it was", () => {
    const uplink = open();
    uplink.run();
    uplink.raise(1);
    for (let i = 0; i < 5; i++) uplink.push(audio(100), 0);
    uplink.resume(1);
    uplink.pause();
    uplink.push(audio(100), 0);
    expect([sent.length, uplink.heldS]).toEqual([1, 0.4]);
    uplink.run();
    uplink.raise(2);
    expect(sent.map(samplesOf)).toEqual([100, 400]);
    expect(sent.map(firstOf)).toEqual([0, 100]);
    expect(uplink.heldS).toBe(0);
  });

  it("waits in the page meanwhile, as without credit, up to its bound", () => {
    const uplink = open();
    uplink.run();
    uplink.raise(1, 0);
    for (let i = 0; i < 21; i++) uplink.push(audio(100), 0);
    expect(overflow).not.toHaveBeenCalled();
    uplink.push(audio(100), 0);
    expect(overflow).toHaveBeenCalledOnce();
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("arrives whole, none twice, whenever it is cut: seed %i", (seed) => {
    const random = chance(seed);
    const uplink = open({ maxBacklogS: 1e6 });
    const server = new Server(uplink);
    let heard = 0;
    uplink.run();
    server.take(0);
    for (let step = 0; step < 2_000; step++) {
      const count = Math.floor(random() * 250);
      uplink.push(audio(count), 0);
      heard += count;
      server.act(random(), Math.floor(random() * 3));
    }
    server.reattach();
    const final = uplink.finish();
    while (server.received < final) server.take(99);
    expect(server.samples).toBe(heard);
  });
});

/** The server at the other end of a link that is cut now and then: it takes packets in order only, and loses nothing else. */
class Server {
  received = 0;
  samples = 0;
  private isAttached = true;
  private onTheWay: Packet[] = [];
  private readonly uplink: AudioUplink;

  constructor(uplink: AudioUplink) {
    this.uplink = uplink;
  }

  /** Takes packets that are on the way, and gives credit. */
  take(count: number): void {
    this.collect();
    this.arrive(count);
    this.uplink.raise(this.received + 2, this.received);
  }

  /** Does something by chance: most of the time it takes packets, if it can. */
  act(chance: number, count: number): void {
    this.collect();
    if (chance < 0.1) this.cut(count);
    else if (chance < 0.3) this.reattach();
    else if (chance > 0.4 && this.isAttached) this.take(2);
  }

  reattach(): void {
    if (this.isAttached) return;
    this.collect();
    this.isAttached = true;
    this.uplink.resume(this.received);
  }

  private cut(count: number): void {
    this.arrive(count);
    this.isAttached = false;
    this.onTheWay = [];
  }

  /** What leaves while the link is down is gone. */
  private collect(): void {
    const leaving = sent.splice(0);
    if (this.isAttached) this.onTheWay.push(...leaving);
  }

  private arrive(count: number): void {
    for (const packet of this.onTheWay.splice(0, count)) {
      expect(packet.sequence).toBe(++this.received);
      if (samplesOf(packet) > 0) expect(firstSample(packet)).toBe(this.samples);
      this.samples += samplesOf(packet);
    }
  }
}

/** Numbers in 0..1, the same at every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

const firstSample = ({ payload }: Packet): number =>
  Number(new DataView(payload.buffer, payload.byteOffset).getBigUint64(0, true));
