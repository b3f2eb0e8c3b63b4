/** The frames of a camera whose track cannot be read: those that a `<video>` presents. */

import type { CameraFrame } from "../codecs/types.ts";
import { isPrompt } from "../media/browser_answers.ts";
import { eachFrame } from "./presented_frames.ts";

/** A camera that has shown nothing by then is waited for no longer: its frames come when they come. */
const START_MS = 3_000;

/** Grabs the frames of a camera from a `<video>` that plays it, until it is closed. */
export async function grabFrames(preview: MediaStream): Promise<{ source: MessagePort; close(): void }> {
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
