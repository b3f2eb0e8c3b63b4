import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Loudspeaker } from "../../src/playback/loudspeaker.ts";
import type { LoudspeakerReport } from "../../src/playback/playbacks.ts";

const RATE = 24_000;
const BLOCK = 480;

let speaker: Loudspeaker;
let port: MessagePort;
let reports: LoudspeakerReport[];

beforeEach(() => {
  const { port1, port2 } = new MessageChannel();
  port = port1;
  reports = [];
  port.onmessage = ({ data }: MessageEvent<LoudspeakerReport>) => reports.push(data);
  speaker = new Loudspeaker(RATE, 1, RATE);
  speaker.attach(port2);
});

afterEach(() => port.close());

it("plays what it is given, says how far it is, and that it is over", async () => {
  port.postMessage(new Int16Array(4 * BLOCK).fill(16_384));
  port.postMessage("end");
  const block = new Float32Array(BLOCK);
  await vi.waitFor(() => {
    speaker.fill([block]);
    expect(block.at(-1)).toBeCloseTo(0.5);
  });
  while (speaker.fill([block]));
  await vi.waitFor(() => expect(reports.at(-1)).toMatchObject({ played: 4 * BLOCK, gaps: 0, isOver: true }));
  expect(Math.max(...reports.map(({ level }) => level.peak))).toBeCloseTo(0.5);
});

it("says at once where it was silenced", async () => {
  port.postMessage(new Int16Array(4 * BLOCK));
  port.postMessage("cut");
  await vi.waitFor(() => expect(reports.at(-1)).toMatchObject({ played: 0, isOver: true }));
});

it("waits where it has no channel to fill", () => {
  expect(speaker.fill([])).toBe(true);
});
