/** The camera's end in the page: opens it, and hands its frames to the media worker. */

import type { FrameSource } from "../codecs/types.ts";
import type { DeviceChoice } from "../constants.ts";
import { t } from "../words.ts";
import { cameraConstraints, DeviceError, isMirrored, openDevice } from "./devices.ts";
import { readTrack } from "./tracks.ts";

const OLD = t("This browser is too old to send the frames of a camera. Update it, or use another one.");

export interface CameraWish {
  /** The app's own constraints; they win over ours. */
  constraints: MediaTrackConstraints | null;
  size: [number, number] | null;
  /** True shows and sends it mirrored; null does that for a camera that looks at the user alone. */
  mirror: boolean | null;
  choice: DeviceChoice;
  /** Address of the script that reads cameras whose tracks cannot be read. */
  script: string;
}

/** That script, once it is loaded. */
export type VideoCapture = typeof import("./video_capture.ts");

export interface Camera {
  readonly preview: MediaStream;
  readonly track: MediaStreamTrack;
  /** To be transferred to the worker; reading it twice is not possible. */
  readonly source: FrameSource;
  readonly mirrored: boolean;
  /** Its id, for the device menu. */
  readonly device: string;
  /** Releases the camera: its light goes off. */
  close(): void;
}

/** Asks for a camera. Throws `DeviceError`. */
export async function openCamera(wish: CameraWish): Promise<Camera> {
  return cameraOf(await openDevice("camera", cameraConstraints(wish.constraints, wish.size, wish.choice)), wish);
}

/** Begins to deliver the frames of a camera that was opened; one that cannot is closed. */
export async function cameraOf(preview: MediaStream, wish: CameraWish): Promise<Camera> {
  const track = preview.getVideoTracks()[0] as MediaStreamTrack;
  try {
    const frames = await framesOf(preview, track, wish.script);
    return {
      preview,
      track,
      source: frames.source,
      mirrored: isMirrored(wish.mirror, track),
      device: track.getSettings().deviceId ?? "",
      close: () => {
        frames.close();
        track.stop();
      },
    };
  } catch (error) {
    track.stop();
    throw error;
  }
}

async function framesOf(
  preview: MediaStream,
  track: MediaStreamTrack,
  script: string,
): Promise<{ source: FrameSource; close(): void }> {
  if (typeof OffscreenCanvas === "undefined") throw new DeviceError({ code: "failed", message: OLD });
  const readable = readTrack(track);
  if (readable) return { source: readable, close: () => {} };
  const { grabFrames } = (await import(/* @vite-ignore */ script)) as VideoCapture;
  return grabFrames(preview);
}
