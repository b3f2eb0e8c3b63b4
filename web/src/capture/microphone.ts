/** The microphone's end in the page: opens it, and connects the audio thread with whoever takes the samples. */

import { MAX_AUDIO_BYTES } from "../codecs/pcm16.ts";
import type { AudioShape, MicrophoneFormat } from "../codecs/types.ts";
import type { DeviceChoice } from "../constants.ts";
import { errorName, isPrompt } from "../media/browser_answers.ts";
import { t } from "../words.ts";
import { DeviceError, microphoneConstraints, openDevice } from "./devices.ts";

const MOST_CHANNELS = 8;

/** An audio context that does not run by then never does: Firefox has none without a loudspeaker. */
const START_MS = 3_000;

const SILENT = t("This browser's audio does not start: connect a loudspeaker or headphones, then press Record.");

/** The format that the server assumes where the app leaves it to the device: such a chunk fits into a packet. */
const USUAL: AudioShape = { rate: 48_000, channels: 2 };

/** The app's wishes; null leaves it to the device. */
export interface AudioWish {
  /** Samples per second to deliver. */
  rate: number | null;
  channels: number | null;
  /** Length of the longest chunk that is sent. */
  everyS: number;
}

export interface MicrophoneWish extends AudioWish {
  constraints: MediaTrackConstraints | null;
  choice: DeviceChoice;
  /** Address of the worklet's module. */
  worklet: string;
}

export interface Microphone {
  readonly track: MediaStreamTrack;
  /** Blocks of interleaved samples in -1..1; to be transferred. */
  readonly port: MessagePort;
  readonly format: MicrophoneFormat;
  readonly device: string;
  close(): void;
}

/** Asks for a microphone and begins to deliver. Throws `DeviceError`. */
export async function openMicrophone(wish: MicrophoneWish): Promise<Microphone> {
  return microphoneOf(await openDevice("microphone", audioConstraints(wish)), wish);
}

/** The constraints to ask the browser for. */
export function audioConstraints({ channels, constraints, choice }: MicrophoneWish): MediaTrackConstraints {
  const wished = channels ? { channelCount: { ideal: channels }, ...constraints } : constraints;
  return microphoneConstraints(wished, choice);
}

/** Begins to deliver the audio of a microphone that was opened. */
export async function microphoneOf(stream: MediaStream, wish: MicrophoneWish): Promise<Microphone> {
  const track = stream.getAudioTracks()[0] as MediaStreamTrack;
  let context: AudioContext | undefined;
  try {
    const source = connectSource(stream, wish.rate ?? track.getSettings().sampleRate ?? null);
    context = source.context as AudioContext;
    const deviceRate = context.sampleRate;
    const { rate, channels } = chooseFormat(wish, deviceRate, track.getSettings().channelCount ?? 1);
    const port = await deliver(source, context, channels, wish.worklet);
    const close = release(track, context, port.node);
    return {
      track,
      port: port.samples,
      format: { deviceRate, rate, channels, latencyS: latencyOf(track) },
      device: track.getSettings().deviceId ?? "",
      close,
    };
  } catch (error) {
    track.stop();
    void context?.close();
    throw error;
  }
}

/**
 * The format to deliver: the app's, and what it leaves open as the device has it.
 *
 * A device whose chunks would not fit into a packet, a studio's at 192 kHz say, delivers no more than is usual. Pure.
 */
export function chooseFormat(wish: AudioWish, deviceRate: number, deviceChannels: number): AudioShape {
  const own = { rate: wish.rate ?? deviceRate, channels: wish.channels ?? Math.min(MOST_CHANNELS, deviceChannels) };
  if (wish.everyS * own.rate * own.channels * Int16Array.BYTES_PER_ELEMENT <= MAX_AUDIO_BYTES) return own;
  return {
    rate: wish.rate ?? Math.min(deviceRate, USUAL.rate),
    channels: wish.channels ?? Math.min(deviceChannels, USUAL.channels),
  };
}

/** Seconds that the device itself takes, where the browser says so. */
function latencyOf(track: MediaStreamTrack): number {
  const { latency = 0 } = track.getSettings() as MediaTrackSettings & { latency?: number };
  return latency;
}

/**
 * The browser resamples to the context's rate, unless it refuses to: then the context's own rate stays, and we do it.
 *
 * A context without a wish takes the rate of the loudspeaker, which need not be that of the microphone.
 */
function connectSource(stream: MediaStream, rate: number | null): MediaStreamAudioSourceNode {
  const context = new AudioContext(rate ? { sampleRate: rate } : {});
  try {
    return context.createMediaStreamSource(stream);
  } catch (error) {
    void context.close();
    if (!rate || errorName(error) !== "NotSupportedError") throw error;
    return new AudioContext().createMediaStreamSource(stream);
  }
}

async function deliver(
  source: MediaStreamAudioSourceNode,
  context: AudioContext,
  channels: number,
  worklet: string,
): Promise<{ node: AudioWorkletNode; samples: MessagePort }> {
  await context.audioWorklet.addModule(worklet);
  const node = new AudioWorkletNode(context, "millstream-microphone", {
    numberOfOutputs: 0,
    channelCount: channels,
    channelCountMode: "explicit",
  });
  const { port1, port2 } = new MessageChannel();
  node.port.postMessage(port1, [port1]);
  source.connect(node);
  if (!(await isPrompt(context.resume(), START_MS))) throw new DeviceError({ code: "missing", message: SILENT });
  return { node, samples: port2 };
}

function release(track: MediaStreamTrack, context: AudioContext, node: AudioWorkletNode): () => void {
  return () => {
    node.disconnect();
    track.stop();
    void context.close();
  };
}
