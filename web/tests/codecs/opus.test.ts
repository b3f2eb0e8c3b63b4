import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { OpusEvents } from "../../src/codecs/opus.ts";
import { OpusVoice, readOpus, takesOpus } from "../../src/codecs/opus.ts";

const RATE = 24_000;
const BLOCK = 960;

interface Fake {
  output(data: AudioData): void;
  error(error: Error): void;
  state: string;
  configure: ReturnType<typeof vi.fn>;
  decode: ReturnType<typeof vi.fn>;
  close(): void;
}

let decoder: Fake;
const events = { decoded: vi.fn<OpusEvents<string>["decoded"]>(), failed: vi.fn<OpusEvents<string>["failed"]>() };

beforeEach(() => {
  vi.resetAllMocks();
  vi.stubGlobal(
    "AudioDecoder",
    class {
      state = "unconfigured";
      configure = vi.fn();
      decode = vi.fn();
      constructor(init: Pick<Fake, "output" | "error">) {
        decoder = Object.assign(this as unknown as Fake, init);
      }
      close(): void {
        this.state = "closed";
      }
    },
  );
  vi.stubGlobal("EncodedAudioChunk", class {});
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** What a decoder gives for one packet: a ramp for each channel, at 48 kHz. */
function audio(channels = 1, frames = BLOCK, sampleRate = 48_000): AudioData {
  const copyTo = (plane: Float32Array, { planeIndex }: { planeIndex: number }): void => {
    plane.forEach((_, at) => {
      plane[at] = (at + 1000 * planeIndex) / 32768;
    });
  };
  const data = { numberOfFrames: frames, sampleRate, numberOfChannels: channels, copyTo, close: vi.fn() };
  return data as unknown as AudioData;
}

function part(skip: number, count: number, channels = 1) {
  return { firstSample: 7, rate: RATE, channels, skip, count, data: new Uint8Array([1]) };
}

it("reads the prefix that the server writes", () => {
  const payload = new Uint8Array([42, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0x5d, 0, 0, 2, 0, 0x9c, 0, 0x44, 1, 0xfc, 0xff]);
  const data = new Uint8Array([0xfc, 0xff]);
  expect(readOpus(payload)).toEqual({ firstSample: 42, rate: RATE, channels: 2, skip: 156, count: 324, data });
  expect(() => readOpus(payload.subarray(0, 9))).toThrow(RangeError);
});

it("gives the samples that are meant, at the rate of the audio, with what came along", () => {
  const voice = new OpusVoice<string>(events);
  voice.put(part(156, 324), true, "one");
  voice.put(part(0, 480), false, "two");
  expect(decoder.configure).toHaveBeenCalledExactlyOnceWith({ codec: "opus", sampleRate: 48_000, numberOfChannels: 1 });
  expect(voice.isIdle).toBe(false);
  decoder.output(audio());
  decoder.output(audio());
  expect(voice.isIdle).toBe(true);
  const given = events.decoded.mock.calls.map(([{ samples }, tag]) => [
    tag,
    samples.length,
    samples[0],
    samples.at(-1),
  ]);
  expect(given).toEqual([
    ["one", 324, 312, 958],
    ["two", 480, 0, 958],
  ]);
});

it("interleaves channels, and needs no step where the decoder knows the rate", () => {
  const voice = new OpusVoice<string>(events);
  voice.put(part(0, 480, 2), true, "");
  decoder.output(audio(2, 480, RATE));
  expect([...(events.decoded.mock.lastCall?.[0].samples.subarray(0, 4) ?? [])]).toEqual([0, 1000, 1, 1001]);
});

it("says so when the decoder gives up, or gives something else", () => {
  const voice = new OpusVoice<string>(events);
  voice.put(part(0, 480), true, "");
  decoder.output(audio(1, 100));
  expect(events.failed).toHaveBeenCalledExactlyOnceWith("100 samples at 48000 Hz are not a packet of this audio");
  expect(decoder.state).toBe("closed");
  voice.put(part(0, 480), false, "");
  expect(decoder.decode).toHaveBeenCalledTimes(1);
  new OpusVoice<string>(events);
  decoder.error(new Error("no"));
  expect(events.failed).toHaveBeenLastCalledWith("no");
});

it("is taken where there is a decoder", () => {
  expect(takesOpus()).toBe(true);
  vi.unstubAllGlobals();
  expect(takesOpus()).toBe(false);
});
