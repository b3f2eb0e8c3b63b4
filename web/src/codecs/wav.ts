/** WAV files: what recordings become, and what the server reads of an upload whose samples a handler wants. */

import { toInt16 } from "./pcm16.ts";

const HEADER_BYTES = 44;

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

function interleaved(sound: AudioBuffer): Float32Array {
  const channels = sound.numberOfChannels;
  const samples = new Float32Array(sound.length * channels);
  for (let channel = 0; channel < channels; channel++) {
    const plane = sound.getChannelData(channel);
    for (let i = 0; i < plane.length; i++) samples[i * channels + channel] = plane[i] as number;
  }
  return samples;
}

/** The header of a WAV file with int16 samples. Pure. */
export function wavHeader(dataBytes: number, rate: number, channels: number): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES));
  const text = (at: number, word: string): void => {
    for (let i = 0; i < word.length; i++) view.setUint8(at + i, word.charCodeAt(i));
  };
  text(0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, dataBytes, true);
  return view.buffer;
}
