/** WAV files: what recordings become, and what the server reads of an upload whose samples a handler wants. */

import { toInt16 } from "./pcm16.ts";
import { wavHeader } from "./wav_header.ts";

/** The browser resamples what it decodes; this loses nothing that can be heard. */
const DECODED_RATE_HZ = 48_000;

/** A file as WAV: as it is if it is one, else decoded by the browser. Rejects with a sentence for the user. */
export async function asWav(file: File): Promise<File> {
  const head = new TextDecoder("latin1").decode(await file.slice(0, 4).arrayBuffer());
  if (head === "RIFF") return file;
  const context = new OfflineAudioContext(1, 1, DECODED_RATE_HZ);
  const sound = await context.decodeAudioData(await file.arrayBuffer()).catch(() => null);
  if (sound === null) throw new Error(`${file.name} is not a sound that this browser can read. Choose another file.`);
  const samples = toInt16(interleaved(sound)) as Int16Array<ArrayBuffer>;
  const name = `${file.name.replace(/\.[^.]*$/, "")}.wav`;
  const parts = [wavHeader(samples.byteLength, sound.sampleRate, sound.numberOfChannels), samples];
  return new File(parts, name, { type: "audio/wav" });
}

/** The samples of all channels, as they follow each other in a file. */
export function interleaved(sound: AudioBuffer): Float32Array {
  const channels = sound.numberOfChannels;
  const samples = new Float32Array(sound.length * channels);
  for (let channel = 0; channel < channels; channel++) {
    const plane = sound.getChannelData(channel);
    for (let i = 0; i < plane.length; i++) samples[i * channels + channel] = plane[i] as number;
  }
  return samples;
}
