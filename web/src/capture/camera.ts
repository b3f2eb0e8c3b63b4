/** The camera's end in the page: opens it, and hands its frames to the media worker. */

import type { CameraFrame, FrameSource } from "../codecs/types.ts";
import type { DeviceChoice } from "../constants.ts";
import { isPrompt } from "../media/browser_answers.ts";
import { cameraConstraints, DeviceError, isMirrored, openDevice } from "./devices.ts";
import { eachFrame } from "./presented_frames.ts";
import { readTrack } from "./tracks.ts";

/** A camera that has shown nothing by then is waited for no longer: its frames come when they come. */
const START_MS = 3_000;

const OLD = "This browser is too old to send the frames of a camera. Update it, or use another one.";

export interface CameraWish {
  /** The app's own constraints; they win over ours. */
  constraints: MediaTrackConstraints | null;
  size: [number, number] | null;
  /** True shows and sends it mirrored; null does that for a camera that looks at the user alone. */
  mirror: boolean | null;
  choice: DeviceChoice;
}

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
    const frames = await framesOf(preview, track);
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
): Promise<{ source: FrameSource; close(): void }> {
  if (typeof OffscreenCanvas === "undefined") throw new DeviceError({ code: "failed", message: OLD });
  const readable = readTrack(track);
  return readable ? { source: readable, close: () => {} } : watch(preview);
}

/** Grabs the frames that a `<video>` presents, where the track itself cannot be read. */
async function watch(preview: MediaStream): Promise<{ source: MessagePort; close(): void }> {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = preview;
  // A video that autoplays but was never played gives black frames. It plays when the camera has a frame to show.
  await isPrompt(video.play(), START_MS);
  const { port1, port2 } = new MessageChannel();
  const stop = postFrames(video, port1);
  const close = (): void => {
    stop();
    video.srcObject = null;
  };
  return { source: port2, close };
}

/** Posts each frame of `video`, until the returned function is called. */
function postFrames(video: HTMLVideoElement, port: MessagePort): () => void {
  let isOver = false;
  const post = (frame: CameraFrame): void => (isOver ? frame.close() : port.postMessage(frame, [frame]));
  const stop = eachFrame(video, () => {
    if (typeof VideoFrame !== "undefined") post(new VideoFrame(video));
    else void createImageBitmap(video).then(post, () => {}); // a frame that was gone before it could be copied
  });
  return () => {
    isOver = true;
    stop();
    port.postMessage(null);
  };
}
