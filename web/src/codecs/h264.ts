/** H.264, baseline profile, with start codes (ITU-T H.264, Annex B). */

import type { VideoFormat } from "./video_format.ts";

/** The levels that a size needs at up to 30 frames a second: macroblocks of a frame, and the number in the codec's name. */
const LEVELS: readonly [number, string][] = [
  [1_620, "1e"],
  [3_600, "1f"],
  [8_192, "28"],
  [36_864, "33"],
];

const USUAL_HZ = 30;
const PARAMETER_UNIT = 7;

export const H264: VideoFormat = {
  threadedPixels: 0,
  options: { avc: { format: "annexb" } },

  encoderCodec(width, height, framesPerS) {
    const blocks = Math.ceil(width / 16) * Math.ceil(height / 16) * Math.max(1, framesPerS / USUAL_HZ);
    return `avc1.42e0${LEVELS.find(([most]) => blocks <= most)?.[1] ?? "3e"}`;
  },

  settle: startUnits,

  decoderCodec(data) {
    for (let at = 0; at + 6 < data.length; at++) {
      const isStart = data[at] === 0 && data[at + 1] === 0 && data[at + 2] === 1;
      if (isStart && ((data[at + 3] as number) & 31) === PARAMETER_UNIT) {
        // Profile, constraints and level are the first three bytes of the parameters.
        const digits = [...data.subarray(at + 4, at + 7)].map((byte) => byte.toString(16).padStart(2, "0"));
        return `avc1.${digits.join("")}`;
      }
    }
    throw new RangeError("a key frame of H.264 came without its parameters");
  },
};

/** Makes start codes of the lengths that units have in front: WebKitGTK's encoder writes those, whatever it is asked for. */
function startUnits(data: Uint8Array): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length < 4 || view.getUint32(0) === 1) return;
  const units: number[] = [];
  let at = 0;
  for (; at + 4 <= data.length; at += 4 + view.getUint32(at)) units.push(at);
  if (at !== data.length) return; // of start codes of three bytes, which add up to nothing
  for (const unit of units) view.setUint32(unit, 1);
}
