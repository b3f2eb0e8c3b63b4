/** The interface by which the session tells the page what to show: the one way down, implemented by `Page`. */

import type { AudioLevel } from "../codecs/types.ts";
import type { Node, Props } from "../manifest.ts";
import type { LatencyView } from "../playback/latency_view.ts";
import type {
  AudioView,
  ConnectionView,
  OutputSurface,
  RunView,
  StreamView,
  ToastView,
  UploadView,
  VideoView,
} from "../states.ts";

export interface View {
  /** Properties of a component changed, by the server or by a script; `value` among them. */
  applyProps(component: number, props: Props): void;
  /** A handler was to fill a component, and gave it nothing. */
  empty(component: number): void;
  /** A render has declared something else, which the manifest has by now; or failed, for this reason. */
  declare(place: number, nodes: readonly Node[], problem: string): void;
  /** Elements of a render are gone, though they may be seen until it has run again. */
  forget(elements: readonly number[], place: number): void;
  /** A component's recording changed state. Called at changes only, never per frame. */
  setStream(component: number, stream: StreamView): void;
  /** The level of the microphone, about 20 times a second while it is open. */
  setLevel(component: number, level: AudioLevel): void;
  /** Streamed audio changed state; null when something else is shown again. */
  setAudio(component: number, audio: AudioView | null): void;
  /** A streamed video begins, or is complete; null when something else is shown again. */
  setVideo(component: number, video: VideoView | null): void;
  /** Its position and level, about 20 times a second while it is heard. */
  setHeard(component: number, playedS: number, level: AudioLevel): void;
  /** A run of an ordinary event changed state. */
  setRun(run: RunView): void;
  /** An upload goes on; null when it is over. */
  setUpload(component: number, upload: UploadView | null): void;
  /** An upload failed. False if its component has no place for the reason, which then has to be said elsewhere. */
  refuse(component: number, message: string): boolean;
  /** The link to the server changed state. */
  connection(connection: ConnectionView): void;
  toast(toast: ToastView): void;
  /** The age of what a component shows, once a second while it is watched; null when it shows nothing new any more. */
  latency(component: number, latency: LatencyView | null): void;
  /** Where images of this component are shown; null if the component shows none. */
  surface(component: number): OutputSurface | null;
}
