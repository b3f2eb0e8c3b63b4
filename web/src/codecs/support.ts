/** Which video codecs this browser has: it is asked, never recognised. */

import { CodecNumber } from "../wire/packet.ts";

/** Finds the numbers of the codecs that the browser can decode, and encode. Calls back once for each call. */
export interface CodecProbe {
  decoders(known: (numbers: number[]) => void): void;
  encoders(known: (numbers: number[]) => void): void;
}

/** A browser that has not answered by then gets by without. */
const PATIENCE_MS = 2_000;

const ASKED: readonly [number, string][] = [
  [CodecNumber.H264, "avc1.42e01f"],
  [CodecNumber.VP8, "vp8"],
];

/** A browser without video codecs. */
export const NO_CODECS: CodecProbe = { decoders: (known) => known([]), encoders: (known) => known([]) };

/** Asks the browser, which is quick to know its decoders; for its encoders it may have to start a process. */
export function askBrowser(): CodecProbe {
  const decoders = inTime(supported(canDecode));
  let encoders: Promise<number[]> | undefined;
  return {
    decoders: (known) => void decoders.then(known),
    encoders: (known) => {
      encoders ??= inTime(supported(canEncode));
      void encoders.then(known);
    },
  };
}

function inTime(answer: Promise<number[]>): Promise<number[]> {
  return Promise.race([answer, new Promise<number[]>((resolve) => setTimeout(() => resolve([]), PATIENCE_MS))]);
}

async function supported(can: (codec: string) => Promise<boolean>): Promise<number[]> {
  const answers = await Promise.all(ASKED.map(([, codec]) => can(codec).catch(() => false)));
  return ASKED.flatMap(([number], at) => (answers[at] ? [number] : []));
}

async function canDecode(codec: string): Promise<boolean> {
  if (typeof VideoDecoder === "undefined") return false;
  return (await VideoDecoder.isConfigSupported({ codec, optimizeForLatency: true })).supported === true;
}

async function canEncode(codec: string): Promise<boolean> {
  if (typeof VideoEncoder === "undefined") return false;
  const config: VideoEncoderConfig = { codec, width: 640, height: 480, bitrate: 1_000_000, latencyMode: "realtime" };
  if (codec !== "vp8") config.avc = { format: "annexb" };
  return (await VideoEncoder.isConfigSupported(config)).supported === true;
}
