/** Camera and microphone together: one question to the user, one Stop. */

import { type Camera, type CameraWish, cameraOf } from "./camera.ts";
import { cameraConstraints, openBoth } from "./devices.ts";
import { type Microphone, type MicrophoneWish, microphoneOf, soundConstraints } from "./microphone.ts";

export interface Film {
  readonly camera: Camera;
  /** Null for a device that has none. */
  readonly microphone: Microphone | null;
  /** Both, as they were opened. */
  readonly stream: MediaStream;
  /** Releases both. */
  close(): void;
}

/** Asks for a camera and a microphone, of which the second may not exist. Throws `DeviceError`. */
export async function openFilm(camera: CameraWish, microphone: MicrophoneWish): Promise<Film> {
  const video = cameraConstraints(camera.constraints, camera.size, camera.choice);
  const stream = await openBoth(video, soundConstraints(microphone));
  let heard: Microphone | null = null;
  try {
    const sounds = stream.getAudioTracks();
    if (sounds.length > 0) heard = await microphoneOf(new MediaStream(sounds), microphone);
    // Last, so that its frames go to the worker at once: Chromium hands over one that waits here as a copy, by itself,
    // and nobody can close what was copied.
    const seen = await cameraOf(new MediaStream(stream.getVideoTracks()), camera);
    const close = (): void => {
      seen.close();
      heard?.close();
    };
    return { camera: seen, microphone: heard, stream, close };
  } catch (error) {
    heard?.close();
    for (const track of stream.getTracks()) track.stop();
    throw error;
  }
}
