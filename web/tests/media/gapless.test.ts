import { describe, expect, it } from "vitest";
import files from "../../../tests/golden/sound_files.json";
import { decodable, extentOf } from "../../src/media/gapless.ts";
import { pagesOf } from "../../src/media/ogg.ts";

const UNSAID = { begin: 0, count: Number.POSITIVE_INFINITY, total: Number.POSITIVE_INFINITY };

const cases = files.map(({ base64, ...told }) => ({ ...told, bytes: Uint8Array.from(Buffer.from(base64, "base64")) }));
const bytesOf = (name: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(cases.find((each) => each.name === name)?.bytes ?? []);

const MP3 = bytesOf("MP3, 48000 Hz, stereo");
const VORBIS = bytesOf("Ogg Vorbis, 24000 Hz, mono");
const OPUS = bytesOf("Ogg Opus, 48000 Hz, stereo");
const FLAC = bytesOf("FLAC, 24000 Hz, mono");

const joined = (...parts: Iterable<number>[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
/** An ID3 tag that holds so many bytes. */
const tag = (bytes: number): number[] => [
  73,
  68,
  51,
  4,
  0,
  0,
  0,
  0,
  bytes >> 7,
  bytes & 127,
  ...Array(bytes).fill(255),
];
const found = (file: Uint8Array, name: string): number => Buffer.from(file).indexOf(name);
const changed = (file: Uint8Array, at: number, ...values: number[]): Uint8Array => {
  const copy = file.slice();
  copy.set(values, at);
  return copy;
};

describe("how much audio is in a file", () => {
  it.each(cases)("$name", ({ bytes, rate, begin, count }) => {
    expect(extentOf(bytes)).toMatchObject({ rate, begin, count });
  });

  it("is said by an MP3 behind a tag, and by a FLAC", () => {
    expect(extentOf(joined(tag(300), MP3))).toEqual(extentOf(MP3));
    expect(extentOf(joined(tag(300), FLAC))).toEqual(extentOf(FLAC));
  });

  it("is all that an MP3 holds without what LAME says, or if that cannot be", () => {
    const unsaid = { rate: 48_000, ...UNSAID };
    expect(extentOf(MP3)).toMatchObject({ total: 6 * 1152 });
    const at = found(MP3, "Info");
    expect(extentOf(changed(MP3, at, 0))).toEqual(unsaid);
    expect(extentOf(changed(MP3, at + 7, 14))).toEqual(unsaid);
    expect(extentOf(changed(MP3, found(MP3, "Lavc"), 0))).toEqual(unsaid);
    expect(extentOf(changed(MP3, at + 8, 0, 0, 0, 1))).toEqual(unsaid);
  });

  it("is not said by a FLAC whose encoder did not know", () => {
    expect(extentOf(changed(FLAC, 21, 0xf0, 0, 0, 0, 0))).toEqual({ rate: 24_000, ...UNSAID });
    expect(extentOf(changed(FLAC, 18, 0, 0, 0))).toEqual({ rate: 48_000, ...UNSAID });
  });

  it("is not said by several files in one, nor before the first packet has ended", () => {
    expect(extentOf(joined(VORBIS, VORBIS))).toEqual({ rate: 24_000, ...UNSAID });
    expect(extentOf(OPUS.slice(0, 100))).toEqual({ rate: 48_000, ...UNSAID });
  });

  it("is not known of anything else", () => {
    for (const file of [[], [0xff, 0xf1, 0x50, 0x80], [0xff, 0xfb, 0x9c, 0], [0x1a, 0x45, 0xdf, 0xa3]]) {
      expect(extentOf(Uint8Array.from(file))).toEqual({ rate: 48_000, ...UNSAID });
    }
  });

  it("is some number, whatever the bytes are", () => {
    let seed = 7;
    const below = (limit: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % limit;
    };
    for (const { bytes } of cases) {
      for (let round = 0; round < 300; round++) {
        const broken = bytes.slice(0, below(2) ? bytes.length : below(bytes.length));
        for (let i = 0; i < 8; i++) broken[below(Math.min(broken.length, 400) || 1)] = below(256);
        const { rate, begin, count, total } = extentOf(broken);
        expect(Math.min(rate, count, total)).toBeGreaterThan(0);
        expect(begin).toBeGreaterThanOrEqual(0);
        decodable(broken);
      }
    }
  });
});

describe("what the browser is given", () => {
  it("is the file as it is, unless it is Vorbis to its end", () => {
    const unfinished = VORBIS.slice(0, [...pagesOf(VORBIS)].at(-1)?.at ?? 0);
    for (const file of [MP3, OPUS, FLAC, unfinished, new Uint8Array()]) expect(decodable(file)).toBe(file);
  });

  it("ends later if it is Vorbis, and its sum is right", () => {
    const given = decodable(VORBIS);
    const [last, before] = [[...pagesOf(given)].at(-1), [...pagesOf(VORBIS)].at(-1)];
    expect(last?.granule).toBe(2413 + 65_536);
    expect(given.slice(0, last?.at)).toEqual(VORBIS.slice(0, last?.at));
    expect(last?.payload).toEqual(before?.payload);
    expect(last?.bytes.slice(22, 26)).not.toEqual(before?.bytes.slice(22, 26));
    expect(extentOf(VORBIS).count).toBe(2413);
  });
});
