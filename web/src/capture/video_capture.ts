/**
 * The recorder of videos, and the reader of cameras whose tracks cannot be read: a script of its own, loaded when a
 * device is opened that needs it.
 */

export { grabFrames } from "./grabbed_frames.ts";
export { VideoClip } from "./video_clip.ts";
