/** The codecs by their numbers on the wire. */

import { CodecNumber } from "../wire/packet.ts";
import type { FrameCodec } from "./codec.ts";
import { imageCodec } from "./image.ts";

export const FRAME_CODECS: ReadonlyMap<number, FrameCodec> = new Map([
  [CodecNumber.JPEG, imageCodec("image/jpeg")],
  [CodecNumber.PNG, imageCodec("image/png")],
  [CodecNumber.WEBP, imageCodec("image/webp")],
]);
