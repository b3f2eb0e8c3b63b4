/** The codecs of frames by their numbers on the wire. */

import { CodecNumber } from "../wire/packet.ts";
import type { FrameCodec } from "./codec.ts";
import { JPEG } from "./jpeg.ts";
import { PNG } from "./png.ts";
import { WEBP } from "./webp.ts";

export const FRAME_CODECS: ReadonlyMap<number, FrameCodec> = new Map([
  [CodecNumber.JPEG, JPEG],
  [CodecNumber.PNG, PNG],
  [CodecNumber.WEBP, WEBP],
]);
