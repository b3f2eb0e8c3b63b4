/** WAV files: what recordings become, and what the server reads of an upload whose samples a handler wants. */

import { decodeSound, toPcm16 } from "./sound_file.ts";
import { wavHeader } from "./wav_header.ts";

/** A file as WAV: as it is if it is one, else decoded by the browser. Rejects with a sentence for the user. */
export async function asWav(file: File): Promise<File> {
  const head = new TextDecoder("latin1").decode(await file.slice(0, 4).arrayBuffer());
  if (head === "RIFF") return file;
  const sound = await decodeSound(await file.arrayBuffer());
  if (sound === null) throw new Error(`${file.name} is not a sound that this browser can read. Choose another file.`);
  const samples = toPcm16(sound);
  const name = `${file.name.replace(/\.[^.]*$/, "")}.wav`;
  const parts = [wavHeader(samples.byteLength, sound.rate, sound.planes.length), samples];
  return new File(parts, name, { type: "audio/wav" });
}
