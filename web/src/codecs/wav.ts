/** WAV files: what recordings become, and what the server reads of an upload whose samples a handler wants. */

import { decodeSound, toPcm16 } from "./sound_file.ts";
import { wavHeader } from "./wav_header.ts";

/** What a file may become here, in bytes; a longer one is decoded by the server. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * A file as WAV: as it is if it is one, else decoded by the browser.
 *
 * What the browser does not know stays as it is, too: the server may, or says that it does not.
 */
export async function asWav(file: File): Promise<File> {
  const head = new TextDecoder("latin1").decode(await file.slice(0, 4).arrayBuffer());
  if (head === "RIFF") return file;
  const sound = await decodeSound(await file.arrayBuffer());
  if (sound === null) return file;
  const samples = toPcm16(sound);
  if (samples.byteLength > MAX_BYTES) return file;
  const name = `${file.name.replace(/\.[^.]*$/, "")}.wav`;
  const parts = [wavHeader(samples.byteLength, sound.rate, sound.planes.length), samples];
  return new File(parts, name, { type: "audio/wav" });
}
