/** The form in which the frames of a camera are sent. Pure. */

import type { FrameForm } from "../codecs/codec.ts";
import type { CameraFrame, FrameOptions } from "../codecs/types.ts";
import { frameSize } from "../media/frame_size.ts";

/** The longest side of a frame for which the app declares no size. */
const LONGEST = 1280;

/**
 * The size at which a frame is sent: in proportion, never larger than it is, within `size` or 1280 by 1280, or just so
 * large that it covers `size`, and no side over `longest`, if that is not 0.
 */
export function fitFrame(
  width: number,
  height: number,
  size: [number, number] | null,
  longest = 0,
  covers = false,
): [number, number] {
  const [wide, high] = size ?? [LONGEST, LONGEST];
  const fitting = (covers ? Math.max : Math.min)(wide / width, high / height);
  const scale = Math.min(1, fitting, (longest || Infinity) / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

/** The form of a frame of a camera that is sent with these options, and no side over `longest`. */
export function formOf(frame: CameraFrame, { size, covers, mirror }: FrameOptions, longest = 0): FrameForm {
  const [wide, high] = frameSize(frame);
  const [width, height] = fitFrame(wide, high, size, longest, covers);
  return { width, height, isMirrored: mirror, isScaled: width !== wide || height !== high };
}
