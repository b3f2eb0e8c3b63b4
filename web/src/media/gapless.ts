/**
 * The extent of the audio in a file, by what the file itself says: encoders put silence before and after it. Pure.
 *
 * MP3: frames by ISO/IEC 11172-3, 2.4.1, and 13818-3; the tag in the first one as LAME writes it, "Mp3 Info Tag rev 1".
 * Ogg: Vorbis I, 4.2.2 and A.2; Opus by RFC 7845, 4 and 5.1; FLAC, in Ogg too, by RFC 9639, 8.2 and 10.1.
 */

import { latin1, uint, uintLE } from "./bytes.ts";
import { pagesOf, prolonged } from "./ogg.ts";

/** In samples of one channel, at the file's own rate. */
export interface Extent {
  rate: number;
  /** Where the audio begins, if all is decoded that the file holds. */
  begin: number;
  /** The number of samples: `Infinity` if the file does not say. */
  count: number;
  /** The least number of samples of a complete decoding: `Infinity` if the file does not say. */
  total: number;
}

/** The samples that an MP3 decoder adds to the delay of the encoder. */
const MP3_DECODER_DELAY = 529;

/** By the number of the version. */
const MP3_RATES_HZ: Record<number, number[]> = {
  3: [44_100, 48_000, 32_000],
  2: [22_050, 24_000, 16_000],
  0: [11_025, 12_000, 8_000],
};

/** The encoders that write delay and padding where LAME does. */
const MP3_ENCODERS = new Set(["LAME", "Lavc", "Lavf"]);

const OPUS_RATE_HZ = 48_000;

/** For a file that does not say its own. The browser resamples then; this loses nothing that can be heard. */
const USUAL_RATE_HZ = 48_000;

/** More samples than any packet of Vorbis has. */
const LONG = 65_536;

/** The extent of a file's audio, as far as the file tells; a file of an unknown kind tells nothing. */
export function extentOf(file: Uint8Array): Extent {
  const audio = file.subarray(tagEnd(file));
  const extent = oggExtent(file) ?? flacExtent(audio) ?? mp3Extent(audio);
  return extent?.rate ? extent : ofRate(USUAL_RATE_HZ);
}

/**
 * The file as it should be given to a browser, so that nothing is missing of what is decoded.
 *
 * Of Vorbis with few pages FFmpeg, and so Chromium, leaves out the last milliseconds: it takes the first packet for
 * audio, which has none (Vorbis I, 4.3.8), and finds that too much was decoded. With a later end it leaves out nothing.
 */
export function decodable(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const pages = [...pagesOf(file)];
  const [first, last] = [pages[0], pages.at(-1)];
  const isLost = first && last?.isLast && last.granule !== null && latin1(first.payload, 1, 6) === "vorbis";
  return isLost ? prolonged(file, last, LONG) : file;
}

function oggExtent(file: Uint8Array): Extent | null {
  const pages = [...pagesOf(file)];
  const head = pages[0] && headOf(pages[0].payload);
  if (!head) return null;
  const { rate, begin } = head;
  // Of several files in one only the rate is of use.
  const isOne = pages.filter(({ isFirst }) => isFirst).length === 1;
  const total = (isOne && pages.findLast(({ granule }) => granule !== null)?.granule) || 0;
  return total > begin ? { rate, begin, count: total - begin, total } : ofRate(rate);
}

/** From the first packet of a stream in Ogg: its rate, and what is not to be heard at its beginning. */
function headOf(packet: Uint8Array): { rate: number; begin: number } | null {
  if (latin1(packet, 0, 8) === "OpusHead") return { rate: OPUS_RATE_HZ, begin: uintLE(packet, 10, 2) };
  if (latin1(packet, 1, 6) === "vorbis") return { rate: uintLE(packet, 12, 4), begin: 0 };
  const flac = latin1(packet, 1, 4) === "FLAC" ? flacExtent(packet.subarray(9)) : null;
  return flac && { rate: flac.rate, begin: 0 };
}

function flacExtent(file: Uint8Array): Extent | null {
  if (latin1(file, 0, 4) !== "fLaC") return null;
  const rate = uint(file, 18, 3) >> 4;
  const total = (uint(file, 21, 1) & 15) * 2 ** 32 + uint(file, 22, 4);
  return total > 0 ? { rate, begin: 0, count: total, total } : ofRate(rate);
}

function mp3Extent(file: Uint8Array): Extent | null {
  const [sync, rates, modes] = [uint(file, 0, 2), uint(file, 2, 1), uint(file, 3, 1)];
  const version = (sync >> 3) & 3;
  const rate = MP3_RATES_HZ[version]?.[(rates >> 2) & 3];
  if ((sync & 0xffe6) !== 0xffe2 || !rate) return null;
  const isMono = modes >> 6 === 3;
  const sides = version === 3 ? [32, 17] : [17, 9];
  const tag = 4 + (sides[Number(isMono)] as number);
  const flags = uint(file, tag + 4, 4);
  if (!["Xing", "Info"].includes(latin1(file, tag, 4)) || !(flags & 1)) return ofRate(rate);
  const encoder = tag + 12 + (flags & 2 ? 4 : 0) + (flags & 4 ? 100 : 0) + (flags & 8 ? 4 : 0);
  if (!MP3_ENCODERS.has(latin1(file, encoder, 4))) return ofRate(rate);
  const around = uint(file, encoder + 21, 3);
  const [delay, padding] = [around >> 12, around & 0xfff];
  const total = uint(file, tag + 8, 4) * (version === 3 ? 1152 : 576);
  const count = total - delay - padding;
  return count > 0 ? { rate, begin: delay + MP3_DECODER_DELAY, count, total } : ofRate(rate);
}

/** Where the audio begins after tags by ID3v2.4, section 3.1. */
function tagEnd(file: Uint8Array): number {
  let end = 0;
  while (latin1(file, end, 3) === "ID3") {
    const size = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + (uint(file, end + at, 1) & 127), 0);
    end += 10 + size;
  }
  return end;
}

const ofRate = (rate: number): Extent => ({
  rate,
  begin: 0,
  count: Number.POSITIVE_INFINITY,
  total: Number.POSITIVE_INFINITY,
});
