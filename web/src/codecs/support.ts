/** Which video codecs this browser has: it is asked, never recognised. */

import { CodecNumber } from "../wire/packet.ts";

export interface CodecSupport {
  /** Numbers of the codecs that it can decode and encode. */
  decodes: number[];
  encodes: number[];
}

/** A browser that has not answered by then gets by without. */
const PATIENCE_MS = 2_000;

const ASKED: readonly [number, string][] = [
  [CodecNumber.H264, "avc1.42e01f"],
  [CodecNumber.VP8, "vp8"],
];

export const NO_SUPPORT: CodecSupport = { decodes: [], encodes: [] };

/** Asks the browser. */
export async function videoSupport(): Promise<CodecSupport> {
  const patience = new Promise<CodecSupport>((resolve) => setTimeout(() => resolve(NO_SUPPORT), PATIENCE_MS));
  const answers = Promise.all([supported(canDecode), supported(canEncode)]);
  return Promise.race([patience, answers.then(([decodes, encodes]) => ({ decodes, encodes }))]);
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
