/** A camera as the worker has it: its frames, read until it is closed, and the capture that takes them. */

import type { FrameEncoder, FrameForm } from "../codecs/codec.ts";
import { FRAME_CODECS } from "../codecs/codecs.ts";
import { JPEG } from "../codecs/jpeg.ts";
import type { CameraFrame, FrameOptions, FrameSource } from "../codecs/types.ts";
import { FrameCapture, readFrames } from "./frame_capture.ts";
import { formOf } from "./frame_form.ts";
import { portFrames } from "./frame_port.ts";
import type { FrameUplink } from "./frame_uplink.ts";

export interface CameraFrames {
  /** The streams that it feeds now. */
  uplinks(): Iterable<FrameUplink>;
  /** A frame could not be sent. */
  fail(error: unknown): void;
  /** Sees each frame before it is closed, and whether it is going to be sent. */
  watch(frame: CameraFrame, capturedUs: number, isSent: boolean): void;
}

/** Reads a camera; gives what ends that. */
export function readCamera(source: FrameSource, options: FrameOptions, camera: CameraFrames): () => void {
  const open = (codec: number): FrameEncoder | null => FRAME_CODECS.get(codec)?.openEncoder?.(options.quality) ?? null;
  const jpeg = JPEG.openEncoder(options.quality);
  const form = (frame: CameraFrame, longest: number): FrameForm => formOf(frame, options, longest);
  const capture = new FrameCapture(camera.uplinks, form, jpeg, camera.fail, open);
  capture.watch = camera.watch;
  const abort = new AbortController();
  const frames = source instanceof ReadableStream ? source : portFrames(source);
  readFrames(frames, capture, abort.signal).catch(camera.fail);
  return () => {
    abort.abort();
    capture.close();
  };
}
