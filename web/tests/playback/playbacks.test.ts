import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { encodePcm16 } from "../../src/codecs/pcm16.ts";
import type { LoudspeakerReport, PlaybacksEvents } from "../../src/playback/playbacks.ts";
import { Playbacks } from "../../src/playback/playbacks.ts";
import type { Packet } from "../../src/wire/packet.ts";
import { CodecNumber, Flag, PacketKind } from "../../src/wire/packet.ts";

const RATE = 16_000;

const events = {
  tell: vi.fn<PlaybacksEvents["tell"]>(),
  open: vi.fn<PlaybacksEvents["open"]>(),
  decode: vi.fn<PlaybacksEvents["decode"]>(),
  heard: vi.fn<PlaybacksEvents["heard"]>(),
  over: vi.fn<PlaybacksEvents["over"]>(),
};
let playbacks: Playbacks;
let sequence: number;

beforeEach(() => {
  vi.resetAllMocks();
  playbacks = new Playbacks(events);
  sequence = 0;
});

function packet(payload: Uint8Array, changes: Partial<Packet> = {}): Packet {
  const header = { kind: PacketKind.SOUND, codec: CodecNumber.PCM16, flags: Flag.KEY, stream: 0 };
  return { ...header, component: 7, sequence: ++sequence, source: 0, call: 1, captured_us: 0, payload, ...changes };
}

function piece(value: number, length = 320, changes: Partial<Packet> = {}): Packet {
  const samples = new Int16Array(length).fill(value);
  return packet(encodePcm16({ firstSample: 0, rate: RATE, channels: 1, samples }), changes);
}

const last = (changes: Partial<Packet> = {}): Packet => packet(new Uint8Array(), { flags: Flag.LAST, ...changes });

/** The loudspeaker's end of the newest playback: what it was given, and a way to answer. */
function speaker(): { given: unknown[]; say: (report: Partial<LoudspeakerReport>) => void } {
  const port = events.open.mock.lastCall?.[1] as MessagePort;
  const given: unknown[] = [];
  port.onmessage = ({ data }) => given.push(data instanceof Int16Array ? data[0] : data);
  return {
    given,
    say: (report) => port.postMessage({ played: 0, gaps: 0, level: { rms: 0, peak: 0 }, isOver: false, ...report }),
  };
}

const told = (): object => ({ ...events.tell.mock.lastCall?.[0] });

describe("samples", () => {
  it("go to one loudspeaker, in order, and the whole is a file in the end", async () => {
    for (const value of [1, 2, 3]) playbacks.receive(piece(value));
    playbacks.receive(last());
    expect(events.open).toHaveBeenCalledExactlyOnceWith(
      { component: 7, playback: 1, rate: RATE, channels: 1 },
      expect.anything(),
    );
    const { given, say } = speaker();
    await vi.waitFor(() => expect(given).toEqual([1, 2, 3, "end"]));
    say({ played: 960, isOver: true });
    await vi.waitFor(() => expect(events.over).toHaveBeenCalled());
    const ended = events.over.mock.lastCall?.[0];
    expect(ended).toMatchObject({ component: 7, playback: 1, isCut: false, problem: "" });
    const bytes = new Int16Array((await ended?.file?.arrayBuffer())?.slice(44) ?? new ArrayBuffer());
    expect([bytes.length, bytes[0], bytes[320], bytes[959]]).toEqual([960, 1, 2, 3]);
    expect(told()).toEqual({
      type: "played",
      playback: 1,
      received: 3,
      rate: RATE,
      samples: 960,
      played: 960,
      state: "ended",
      message: undefined,
    });
  });

  it("are reported as they are heard", async () => {
    playbacks.receive(piece(1, RATE));
    const { say } = speaker();
    say({ played: 800, level: { rms: 0.1, peak: 0.2 } });
    await vi.waitFor(() => expect(events.heard).toHaveBeenLastCalledWith(7, 0.05, { rms: 0.1, peak: 0.2 }));
    say({ played: 1600 });
    await vi.waitFor(() => expect(events.tell).toHaveBeenCalled());
    expect(told()).toMatchObject({ received: 1, samples: RATE, played: 1600, state: "playing" });
    expect(events.tell).toHaveBeenCalledTimes(1);
    playbacks.setPaused(1, true);
    expect(told()).toMatchObject({ played: 1600, state: "paused" });
    playbacks.setPaused(1, false);
    expect(told()).toMatchObject({ played: 1600, state: "playing" });
  });

  it("that the server has left out make what waits too old", async () => {
    playbacks.receive(piece(1, 320, { flags: Flag.KEY | Flag.INDEPENDENT }));
    const { given } = speaker();
    const samples = new Int16Array(320).fill(2);
    playbacks.receive(packet(encodePcm16({ firstSample: 320, rate: RATE, channels: 1, samples })));
    playbacks.receive(packet(encodePcm16({ firstSample: 3200, rate: RATE, channels: 1, samples })));
    await vi.waitFor(() => expect(given).toEqual(["live", 1, 2, "skip", 2]));
  });

  it("of two components go to two loudspeakers", () => {
    playbacks.receive(piece(1));
    playbacks.receive(piece(2, 320, { component: 8, call: 2, sequence: 1 }));
    expect(events.open.mock.calls.map(([{ component, playback }]) => [component, playback])).toEqual([
      [7, 1],
      [8, 2],
    ]);
  });
});

describe("silence", () => {
  it("cuts what is heard; what is still on its way is not heard, nor kept", async () => {
    playbacks.receive(piece(1));
    const { given, say } = speaker();
    playbacks.silence(1);
    await vi.waitFor(() => expect(given.at(-1)).toBe("cut"));
    expect(events.over).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ playback: 1, isCut: true }));
    expect(events.tell).not.toHaveBeenCalled();
    say({ played: 100 });
    say({ played: 123, isOver: true });
    await vi.waitFor(() => expect(events.tell).toHaveBeenCalled());
    expect(told()).toMatchObject({ received: 1, samples: 320, played: 123, state: "ended" });
    playbacks.receive(piece(2));
    playbacks.receive(last());
    expect(events.tell).toHaveBeenCalledTimes(1);
    expect(events.open).toHaveBeenCalledTimes(1);
    expect(events.over).toHaveBeenCalledTimes(1);
  });

  it("of a file that is still decoded is told at once: nothing of it was heard", () => {
    playbacks.receive(packet(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 7), { codec: CodecNumber.FILE }));
    playbacks.silence(1);
    expect(told()).toMatchObject({ received: 0, played: 0, state: "ended" });
  });

  it("that the listener wants is told when the loudspeaker has said how much was heard", async () => {
    playbacks.receive(piece(1));
    const { given, say } = speaker();
    playbacks.stop(1);
    await vi.waitFor(() => expect(given.at(-1)).toBe("cut"));
    expect(events.over).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ playback: 1, isCut: true }));
    say({ played: 123, isOver: true });
    await vi.waitFor(() => expect(told()).toMatchObject({ played: 123, state: "ended" }));
    playbacks.receive(piece(2));
    expect(events.open).toHaveBeenCalledTimes(1);
  });

  it("that the listener wants is told at once where the loudspeaker is held", () => {
    playbacks.receive(piece(1));
    playbacks.setPaused(1, true);
    playbacks.stop(1);
    playbacks.stop(1);
    expect(events.tell.mock.calls.map(([message]) => message.state)).toEqual(["paused", "ended"]);
  });

  it("may come before the first audio", () => {
    playbacks.silence(3);
    playbacks.receive(piece(1, 320, { call: 3 }));
    expect(events.open).not.toHaveBeenCalled();
    playbacks.receive(piece(1, 320, { call: 4 }));
    expect(events.open).toHaveBeenCalledTimes(1);
  });

  it("falls over everything when the session is lost, and the next one counts anew", () => {
    playbacks.receive(piece(1, 320, { call: 9 }));
    playbacks.clear();
    expect(events.over).toHaveBeenCalledTimes(1);
    expect(events.tell).not.toHaveBeenCalled();
    playbacks.receive(piece(1, 320, { call: 1 }));
    expect(events.open).toHaveBeenCalledTimes(2);
  });
});

describe("files", () => {
  function part(file: number[], at: number, length: number): Packet {
    const payload = new Uint8Array(8 + length);
    new DataView(payload.buffer).setUint32(0, file.length, true);
    new DataView(payload.buffer).setUint32(4, at, true);
    payload.set(file.slice(at, at + length), 8);
    return packet(payload, { codec: CodecNumber.FILE });
  }
  const audio = (value: number) => ({ rate: 48_000, channels: 2, samples: new Int16Array(960).fill(value) });

  it("are put together, decoded one after the other, and played in order", async () => {
    playbacks.receive(part([1, 2, 3], 0, 2));
    expect(events.decode).not.toHaveBeenCalled();
    playbacks.receive(part([1, 2, 3], 2, 1));
    playbacks.receive(part([4, 5], 0, 2));
    playbacks.receive(last({ codec: CodecNumber.FILE }));
    expect(events.decode.mock.calls).toEqual([[1, Uint8Array.of(1, 2, 3), null]]);
    playbacks.decoded(1, audio(1));
    expect(told()).toMatchObject({ received: 2, rate: 48_000, samples: 480, played: 0 });
    expect(events.decode.mock.lastCall).toEqual([1, Uint8Array.of(4, 5), { rate: 48_000, channels: 2 }]);
    playbacks.decoded(1, audio(2));
    expect(told()).toMatchObject({ received: 3, samples: 960 });
    const { given } = speaker();
    await vi.waitFor(() => expect(given).toEqual([1, 2, "end"]));
  });

  it("that cannot be decoded end the playback, and both sides are told", () => {
    playbacks.receive(part([1], 0, 1));
    playbacks.decoded(1, null);
    expect(told()).toMatchObject({ state: "broken", message: expect.stringContaining("cannot decode") });
    expect(events.over).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ problem: "This audio cannot be played.", file: null }),
    );
    playbacks.receive(part([1], 0, 1));
    expect(events.decode).toHaveBeenCalledTimes(1);
  });

  it("that were silenced while they were decoded are not heard", () => {
    playbacks.receive(part([1], 0, 1));
    playbacks.silence(1);
    playbacks.decoded(1, audio(1));
    expect(events.open).not.toHaveBeenCalled();
  });

  it("of an unknown codec are not taken for anything else", () => {
    playbacks.receive(packet(Uint8Array.of(1, 2), { codec: 99 }));
    expect(told()).toMatchObject({ state: "broken", message: "the page has no codec 99" });
  });
});

it("a playback without a sample is over at once", () => {
  playbacks.receive(last());
  expect(events.over).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ isCut: false, file: null }));
});

describe("Opus", () => {
  let output: (data: AudioData) => void;
  const close = vi.fn();

  beforeEach(() => {
    vi.stubGlobal(
      "AudioDecoder",
      class {
        state = "configured";
        configure = vi.fn();
        decode = vi.fn();
        close = close;
        constructor(init: { output: (data: AudioData) => void }) {
          output = init.output;
        }
      },
    );
    vi.stubGlobal("EncodedAudioChunk", class {});
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  /** What the decoder gives for a packet: `value` all over. */
  function decode(value: number): void {
    const copyTo = (plane: Float32Array): void => void plane.fill(value / 32768);
    const data = { numberOfFrames: 960, sampleRate: 48_000, numberOfChannels: 1, copyTo, close: vi.fn() };
    output(data as unknown as AudioData);
  }

  function opus(firstSample: number, skip: number, count: number, changes: Partial<Packet> = {}): Packet {
    const payload = new Uint8Array(19);
    const view = new DataView(payload.buffer);
    view.setBigUint64(0, BigInt(firstSample), true);
    view.setUint32(8, RATE, true);
    view.setUint8(12, 1);
    view.setUint16(14, skip, true);
    view.setUint16(16, count, true);
    return packet(payload, { codec: CodecNumber.OPUS, ...changes });
  }

  it("goes on where samples were, and ends when all of it is decoded", async () => {
    playbacks.receive(piece(1));
    playbacks.receive(opus(320, 104, 216));
    playbacks.receive(opus(536, 0, 100, { flags: 0 }));
    playbacks.receive(last());
    const { given, say } = speaker();
    decode(2);
    await vi.waitFor(() => expect(given).toEqual([1, 2]));
    playbacks.setPaused(1, true);
    expect(told()).toMatchObject({ received: 2, samples: 536 });
    decode(3);
    await vi.waitFor(() => expect(given).toEqual([1, 2, 3, "end"]));
    say({ played: 636, isOver: true });
    await vi.waitFor(() => expect(told()).toMatchObject({ received: 3, samples: 636, played: 636, state: "ended" }));
    expect(events.over.mock.lastCall?.[0].file?.size).toBe(44 + 2 * 636);
    expect(close).toHaveBeenCalled();
  });

  it("opens the loudspeaker at the rate of the audio, in real time where it says so", async () => {
    playbacks.receive(opus(0, 104, 216, { flags: Flag.KEY | Flag.INDEPENDENT }));
    expect(events.open).not.toHaveBeenCalled();
    decode(1);
    expect(events.open.mock.lastCall?.[0]).toMatchObject({ rate: RATE, channels: 1 });
    playbacks.receive(opus(3200, 104, 216));
    decode(2);
    const { given } = speaker();
    await vi.waitFor(() => expect(given).toEqual(["live", 1, "skip", 2]));
  });

  it("is not heard any more when it was silenced", () => {
    playbacks.receive(opus(0, 104, 216));
    playbacks.silence(1);
    expect(close).toHaveBeenCalled();
    decode(1);
    expect(events.open).not.toHaveBeenCalled();
  });
});
