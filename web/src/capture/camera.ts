/** The camera's end in the page: opens it, and hands its frames to the media worker. */

import type { CameraFrame, FrameSource } from "../codecs/types.ts";
import type { DeviceChoice } from "../constants.ts";
import { cameraConstraints, isMirrored, openDevice } from "./devices.ts";
import { readTrack } from "./tracks.ts";

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

/** Begins to deliver the frames of a camera that was opened. */
export async function cameraOf(preview: MediaStream, wish: CameraWish): Promise<Camera> {
  const track = preview.getVideoTracks()[0] as MediaStreamTrack;
  const readable = readTrack(track);
  const frames = readable ? { source: readable, close: () => {} } : await watch(preview);
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
}

/** Grabs the frames that a `<video>` presents, where the track itself cannot be read. */
async function watch(preview: MediaStream): Promise<{ source: MessagePort; close(): void }> {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = preview;
  // A video that autoplays but was never played gives black frames.
  await video.play();
  const { port1, port2 } = new MessageChannel();
  const stop = postFrames(video, port1);
  const close = (): void => {
    stop();
    video.srcObject = null;
  };
  return { source: port2, close };
}

/** Posts each frame that `video` presents, until the returned function is called. */
function postFrames(video: HTMLVideoElement, port: MessagePort): () => void {
  let isOver = false;
  const next = (): void => {
    if (isOver) return;
    void grab(video).then((frame) => (isOver ? frame.close() : port.postMessage(frame, [frame])));
    video.requestVideoFrameCallback(next);
  };
  video.requestVideoFrameCallback(next);
  return () => {
    isOver = true;
    port.postMessage(null);
  };
}

async function grab(video: HTMLVideoElement): Promise<CameraFrame> {
  return typeof VideoFrame === "undefined" ? createImageBitmap(video) : new VideoFrame(video);
}
