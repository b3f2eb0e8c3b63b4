/** The codecs by their numbers on the wire. */

import { CodecNumber } from "../wire/packet.ts";
import type { PictureCodec } from "./codec.ts";
import { imageCodec } from "./image.ts";

export const PICTURE_CODECS: ReadonlyMap<number, PictureCodec> = new Map([
  [CodecNumber.JPEG, imageCodec("image/jpeg")],
  [CodecNumber.PNG, imageCodec("image/png")],
  [CodecNumber.WEBP, imageCodec("image/webp")],
]);
