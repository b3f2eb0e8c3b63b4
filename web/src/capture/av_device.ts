/** Camera and microphone together: one question to the user, one Stop. */

import { type Camera, type CameraWish, cameraOf } from "./camera.ts";
import { cameraConstraints, openBoth } from "./devices.ts";
import { audioConstraints, type Microphone, type MicrophoneWish, microphoneOf } from "./microphone.ts";

export interface AvDevice {
  readonly camera: Camera;
  /** Null for a device that has none. */
  readonly microphone: Microphone | null;
  /** Both, as they were opened. */
  readonly stream: MediaStream;
  /** Releases both. */
  close(): void;
}

/** Asks for a camera and a microphone, of which the second may not exist. Throws `DeviceError`. */
export async function openAvDevice(camera: CameraWish, microphone: MicrophoneWish): Promise<AvDevice> {
  const video = cameraConstraints(camera.constraints, camera.size, camera.choice);
  const stream = await openBoth(video, audioConstraints(microphone));
  let heard: Microphone | null = null;
  try {
    const heardTracks = stream.getAudioTracks();
    if (heardTracks.length > 0) heard = await microphoneOf(new MediaStream(heardTracks), microphone);
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
