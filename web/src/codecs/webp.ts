/** WebP: only decoded here. */

import type { FrameCodec } from "./codec.ts";
import { ImageFileDecoder } from "./image_file.ts";

const MIME = "image/webp";

export const WEBP: FrameCodec = { mime: MIME, openDecoder: () => new ImageFileDecoder(MIME) };
