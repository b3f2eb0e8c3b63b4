/** The watch over an opened device: it may be pulled out, be taken away, or fall silent. */

import { type DeviceKind, listDevices } from "../capture/devices.ts";
import { type OpenedDevice, partsOf } from "./recording_devices.ts";

/** Browsers mute a camera for a moment at times; one that stays muted for this long has been taken away. */
const MUTE_MS = 2_000;

export interface DeviceWatchEvents {
  /** It was pulled out, or the user does not allow it any more. */
  unplugged(kind: DeviceKind): void;
  /** The system has taken it from a page in the background, as phones do; in front the page may have it again. */
  taken(): void;
}

/** Watches until the returned function is called. */
export function watchOpened(opened: OpenedDevice, events: DeviceWatchEvents): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const lose = async (kind: DeviceKind, device: string, wasHidden: boolean): Promise<void> => {
    const isTaken = wasHidden && (await listDevices(kind)).some(({ id }) => id === device);
    if (signal.aborted) return;
    if (isTaken) events.taken();
    else events.unplugged(kind);
  };
  const { camera, microphone } = partsOf(opened);
  if (microphone) watchEnd(microphone.track, signal, (wasHidden) => lose("microphone", microphone.device, wasHidden));
  if (!camera) return () => abort.abort();
  const loseCamera = (wasHidden: boolean): Promise<void> => lose("camera", camera.device, wasHidden);
  watchEnd(camera.track, signal, loseCamera);
  // A microphone that is muted was muted by the user, for instance at a headset, who goes on recording.
  watchMute(camera.track, signal, loseCamera);
  return () => abort.abort();
}

type Lose = (wasHidden: boolean) => Promise<void>;

function watchEnd(track: MediaStreamTrack, signal: AbortSignal, lose: Lose): void {
  track.addEventListener("ended", () => void lose(document.hidden), { signal });
}

function watchMute(track: MediaStreamTrack, signal: AbortSignal, lose: Lose): void {
  let timer: ReturnType<typeof setTimeout>;
  const mute = (): void => {
    const wasHidden = document.hidden;
    timer = setTimeout(() => void lose(wasHidden || document.hidden), MUTE_MS);
  };
  track.addEventListener("mute", mute, { signal });
  track.addEventListener("unmute", () => clearTimeout(timer), { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
}
