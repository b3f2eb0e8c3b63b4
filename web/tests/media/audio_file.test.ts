import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import files from "../../../tests/golden/sound_files.json";
import { decodeAudio, toPcm16, withChannels } from "../../src/media/audio_file.ts";
import { asWav } from "../../src/media/wav.ts";

/** What the fake browser decodes: so many samples of two channels, each sample telling where it is. */
let length: number;
let rates: number[];

class FakeContext {
  private readonly sampleRate: number;
  constructor(_channels: number, _length: number, rate: number) {
    if (rate > 768_000) throw new RangeError("NotSupportedError");
    this.sampleRate = rate;
    rates.push(rate);
  }
  async decodeAudioData(file: ArrayBuffer): Promise<unknown> {
    const head = new TextDecoder("latin1").decode(file.slice(0, 8));
    if (file.byteLength < 4 || UNKNOWN.some((each) => head.includes(each)))
      throw new DOMException("none", "EncodingError");
    const plane = (sign: number): Float32Array => Float32Array.from({ length }, (_, at) => (sign * at) / 32768);
    const { sampleRate } = this;
    return { length, sampleRate, numberOfChannels: 2, getChannelData: (at: number) => plane(at ? -1 : 1) };
  }
}

/** What the browser does not decode, and the server may. */
const UNKNOWN = ["FORM", "ftyp", "caff", "#!AMR"];

const golden = (name: string): ArrayBuffer =>
  Uint8Array.from(Buffer.from(files.find((each) => each.name === name)?.base64 ?? "", "base64")).buffer;

beforeEach(() => {
  rates = [];
  vi.stubGlobal("OfflineAudioContext", FakeContext);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

async function decoded(name: string, rate?: number) {
  const audio = await decodeAudio(golden(name), rate);
  const plane = audio?.planes[0] ?? new Float32Array();
  return { rate: audio?.rate, first: Math.round((plane[0] ?? 0) * 32768), length: plane.length };
}

describe("a file is decoded", () => {
  it("at its own rate, without what is around the audio", async () => {
    length = 3 * 1152 + 576; // seven frames
    expect(await decoded("MP3, 24000 Hz, mono")).toEqual({ rate: 24_000, first: 1105, length: 2413 });
    length = 4813 + 600;
    expect(await decoded("Ogg Opus, 48000 Hz, stereo")).toEqual({ rate: 48_000, first: 312, length: 4813 });
    expect(await decoded("Ogg Vorbis, 48000 Hz, stereo")).toEqual({ rate: 48_000, first: 0, length: 4813 });
  });

  it("and is not cut twice where the browser has done it", async () => {
    length = 2413;
    expect(await decoded("MP3, 24000 Hz, mono")).toEqual({ rate: 24_000, first: 0, length: 2413 });
    length = 4813;
    expect(await decoded("Ogg Opus, 48000 Hz, stereo")).toEqual({ rate: 48_000, first: 0, length: 4813 });
  });

  it("at another rate, where it is as long in seconds", async () => {
    length = 2 * (3 * 1152 + 576);
    expect(await decoded("MP3, 24000 Hz, mono", 48_000)).toEqual({ rate: 48_000, first: 2210, length: 4826 });
    length = 2206;
    expect(await decoded("FLAC, 24000 Hz, mono", 22_050)).toEqual({ rate: 22_050, first: 0, length: 2206 });
  });

  it("all of it, if it says nothing, or is shorter than it says", async () => {
    length = 100;
    expect(await decodeAudio(new ArrayBuffer(8))).toMatchObject({ rate: 48_000, planes: [{ length }, { length }] });
    expect(await decoded("FLAC, 24000 Hz, mono")).toEqual({ rate: 24_000, first: 0, length: 100 });
  });

  it("at a rate that the browser knows, if its own is absurd", async () => {
    const absurd = new Uint8Array(golden("FLAC, 24000 Hz, mono"));
    absurd.set([0xff, 0xff, 0xf0], 18);
    length = 1;
    expect(await decodeAudio(absurd.buffer)).toMatchObject({ rate: 48_000 });
    expect(rates).toEqual([48_000]);
  });

  it("to nothing, if it is none", async () => {
    expect(await decodeAudio(new ArrayBuffer(1))).toBeNull();
  });
});

describe("channels", () => {
  const of = (...planes: number[][]) => ({ rate: 8_000, planes: planes.map((plane) => Float32Array.from(plane)) });

  it("are made one, or more of one", () => {
    expect(withChannels(of([1, 0.5], [0, 0.5]), 1)).toEqual(of([0.5, 0.5]));
    expect(withChannels(of([1, 2]), 2)).toEqual(of([1, 2], [1, 2]));
    expect(withChannels(of([1], [2], [3]), 2)).toEqual(of([1], [2]));
  });

  it("follow each other", () => {
    expect([...toPcm16(of([0.25, -0.5], [0.5, -1]))]).toEqual([8192, 16_384, -16_384, -32_768]);
    expect(toPcm16(of())).toHaveLength(0);
  });
});

const EVERY = Array.from({ length: 65_536 }, (_, at) => at - 32_768);

it.each([32_767, 32_768])("int16 is the same again, decoded with %i for 1", (one) => {
  const decoded = EVERY.map((sample) => sample / (sample > 0 ? one : 32_768));
  expect([...toPcm16({ rate: 8_000, planes: [Float32Array.from(decoded)] })]).toEqual(EVERY);
});

describe("an upload becomes WAV", () => {
  it("with the samples that are in it, at its own rate", async () => {
    length = 4813 + 600;
    const file = await asWav(new File([golden("Ogg Opus, 48000 Hz, stereo")], "a.b.ogg"));
    const view = new DataView(await file.arrayBuffer());
    expect(file.name).toBe("a.b.wav");
    expect([view.getUint16(22, true), view.getUint32(24, true)]).toEqual([2, 48_000]);
    expect([44, 46, 48].map((at) => view.getInt16(at, true))).toEqual([312, -312, 313]);
    expect(view.byteLength).toBe(44 + 4813 * 4);
  });

  it("unless it is", async () => {
    const file = new File(["RIFF and so on"], "a.wav");
    expect(await asWav(file)).toBe(file);
  });

  it("or is refused by its name", async () => {
    await expect(asWav(new File(["?"], "no.mp3"))).rejects.toThrow("no.mp3 is not audio that this browser can read");
  });

  it.each(["FORM\0\0\0\0AIFF", "\0\0\0\x18ftypM4A ", "caff\0\x01", "#!AMR\n"])("or goes as it is: %j", async (head) => {
    const file = new File([head], "a.mp3");
    expect(await asWav(file)).toBe(file);
  });
});
