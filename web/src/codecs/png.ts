/** PNG: only decoded here. */

import type { FrameCodec } from "./codec.ts";
import { ImageFileDecoder } from "./image_file.ts";

const MIME = "image/png";

export const PNG: FrameCodec = { mime: MIME, openDecoder: () => new ImageFileDecoder(MIME) };
