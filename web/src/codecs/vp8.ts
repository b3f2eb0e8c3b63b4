/** VP8 (RFC 6386), for browsers without H.264. */

import type { VideoFormat } from "./video_format.ts";

export const VP8: VideoFormat = {
  threadedPixels: 640 * 480,
  options: {},
  encoderCodec: () => "vp8",
  decoderCodec: () => "vp8",
};
