/** The codecs of frames by their numbers on the wire. */

import { CodecNumber } from "../wire/packet.ts";
import type { FrameCodec } from "./codec.ts";
import { JPEG } from "./jpeg.ts";
import { PNG } from "./png.ts";
import { lateVideo } from "./video.ts";
import { WEBP } from "./webp.ts";

export const FRAME_CODECS: ReadonlyMap<number, FrameCodec> = new Map<number, FrameCodec>([
  [CodecNumber.JPEG, JPEG],
  [CodecNumber.PNG, PNG],
  [CodecNumber.WEBP, WEBP],
  [CodecNumber.H264, lateVideo(CodecNumber.H264, "h264")],
  [CodecNumber.VP8, lateVideo(CodecNumber.VP8, "vp8")],
]);
