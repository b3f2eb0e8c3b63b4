import { beforeEach, describe, expect, it, vi } from "vitest";
import { AvUplink } from "../../src/capture/av_uplink.ts";
import type { Packet } from "../../src/wire/packet.ts";
import { Flag, PacketKind } from "../../src/wire/packet.ts";

const OPTIONS = { rate: 1_000, channels: 1, everyS: 0.1, keep: "all", maxBacklogS: 2 } as const;
const CAMERA_US = 33_333;
const JPEG = { codec: 1, flags: Flag.KEY | Flag.INDEPENDENT, payload: Uint8Array.of(1) };

let sent: Packet[];
let uplink: AvUplink;
const overflow = vi.fn();

beforeEach(() => {
  sent = [];
  uplink = new AvUplink(5, 6, 4, OPTIONS, (packet) => sent.push(packet), overflow);
  uplink.raise(9);
  uplink.frames.raise(99);
});

const of = (kind: number): Packet[] => sent.filter((packet) => packet.kind === kind);

/** Lets both devices deliver for `ms`, in steps of one; the encoder takes no time. */
function video(ms: number, fromMs = 0): void {
  for (let at = fromMs; at < fromMs + ms; at++) {
    const nowUs = at * 1_000;
    if (at % 33 === 0 && uplink.frames.wants(nowUs, CAMERA_US)) {
      uplink.frames.begin(nowUs);
      uplink.frames.complete(JPEG, nowUs);
    }
    uplink.push(new Int16Array(1), nowUs);
  }
}

describe("camera and microphone together", () => {
  it("send under two numbers, each with its own sequence", () => {
    uplink.run();
    video(250);
    expect(of(PacketKind.SOUND).map(({ stream, sequence }) => [stream, sequence])).toEqual([
      [5, 1],
      [5, 2],
    ]);
    expect(of(PacketKind.PICTURE).map(({ stream, sequence }) => [stream, sequence])).toEqual([
      [6, 1],
      [6, 2],
      [6, 3],
    ]);
    expect(sent.every(({ component }) => component === 4)).toBe(true);
    expect(uplink.frames.stream).toBe(5);
  });

  it("take the first frame at once, then one from the middle of each chunk", () => {
    uplink.run();
    video(1_000);
    const [first, ...others] = of(PacketKind.PICTURE).map(({ captured_us: us }) => us / 1_000);
    expect(first).toBe(0);
    for (const [chunk, ms] of others.filter((ms) => ms > 100).entries())
      expect(Math.abs(ms - (chunk * 100 + 150))).toBeLessThanOrEqual(17);
    expect(others.length).toBeGreaterThanOrEqual(9);
  });

  it("take a frame as soon as they may, if its time is past", () => {
    uplink = new AvUplink(5, 6, 4, OPTIONS, (packet) => sent.push(packet), overflow);
    uplink.raise(99);
    uplink.frames.raise(1);
    uplink.run();
    video(380);
    expect(of(PacketKind.PICTURE)).toHaveLength(1);
    uplink.frames.raise(2);
    video(40, 380);
    expect(of(PacketKind.PICTURE).map(({ captured_us: us }) => us)).toEqual([0, 396_000]);
  });

  it("capture nothing between two turns", () => {
    uplink.run();
    video(250);
    uplink.expire();
    uplink.pause();
    const before = sent.length;
    video(500, 250);
    expect(sent).toHaveLength(before);
    uplink.run();
    video(120, 750);
    expect(of(PacketKind.PICTURE).at(-1)?.captured_us).toBeGreaterThan(750_000);
    expect(of(PacketKind.SOUND).at(-1)?.captured_us).toBe(750_000);
  });

  it("end with the rest of the audio, and no frame", () => {
    uplink.run();
    video(250);
    const frames = of(PacketKind.PICTURE).length;
    expect(uplink.finish()).toBe(3);
    expect(of(PacketKind.SOUND).at(-1)).toMatchObject({ sequence: 3, flags: Flag.KEY | Flag.LAST });
    video(200, 250);
    expect(of(PacketKind.PICTURE)).toHaveLength(frames);
  });
});
