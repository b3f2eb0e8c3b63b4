/** WAV files: what recordings become, and what the server reads of an upload whose samples a handler wants. */

import { t } from "../words.ts";
import { decodeAudio, toPcm16 } from "./audio_file.ts";
import { wavHeader } from "./wav_header.ts";

/** The longest WAV file that is made here, in bytes; a longer one is decoded by the server. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The first bytes of audio files that the server may read where the browser does not. */
const KNOWN = "FORM RF64 BW64 RIFX riff #!AM caff .snd OggS fLaC".split(" ");

function isKnown(head: string): boolean {
  const isMpeg = head.startsWith("ID3") || head.startsWith("\xff");
  const isBoxed = ["ftyp", "moov"].includes(head.slice(4));
  return KNOWN.includes(head.slice(0, 4)) || isMpeg || isBoxed || ["E\xdf\xa3", "&\xb2u"].includes(head.slice(1, 4));
}

/**
 * A file as WAV: as it is if it is one, else decoded by the browser. Rejects with a sentence for the user.
 *
 * Audio that the browser does not know stays as it is, too: the server may, or says that it does not.
 */
export async function asWav(file: File): Promise<File> {
  const head = new TextDecoder("latin1").decode(await file.slice(0, 8).arrayBuffer());
  if (head.startsWith("RIFF")) return file;
  const audio = await decodeAudio(await file.arrayBuffer());
  if (audio === null && isKnown(head)) return file;
  if (audio === null)
    throw new Error(t("{name} is not audio that this browser can read. Choose another file.", { name: file.name }));
  const samples = toPcm16(audio);
  if (samples.byteLength > MAX_BYTES) return file;
  const name = `${file.name.replace(/\.[^.]*$/, "")}.wav`;
  const parts = [wavHeader(samples.byteLength, audio.rate, audio.planes.length), samples];
  return new File(parts, name, { type: "audio/wav" });
}
