import type { DisplayFrame } from "../codecs/types.ts";

/** The size at which a frame is meant to be seen, in pixels. */
export function frameSize(frame: DisplayFrame): [width: number, height: number] {
  return "displayWidth" in frame ? [frame.displayWidth, frame.displayHeight] : [frame.width, frame.height];
}
