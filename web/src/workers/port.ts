/** The messages between page and media worker. Media bytes of streams stay in the worker. */

import type {
  AudioLevel,
  AudioShape,
  DecodedAudio,
  FrameOptions,
  FrameSource,
  FrameTarget,
  MicrophoneFormat,
  StillImage,
  VideoSegment,
} from "../codecs/types.ts";
import type { Props } from "../manifest.ts";
import type { LatencyView } from "../playback/latency_view.ts";
import type { StreamSilence } from "../playback/silences.ts";
import type {
  Cancel,
  Fire,
  Played,
  ProgressState,
  Refuse,
  Rendered,
  RunState,
  Script,
  SetValue,
  StopReason,
  StreamState,
  Toast,
  TurnState,
} from "../wire/messages.ts";
import type { Words } from "../words.ts";

export interface OpenStream {
  stream: number;
  /** The number of its frames, if it brings audio along with them; else 0. */
  frames: number;
  binding: number;
  /** The component whose device feeds it. */
  component: number;
  everyS: number;
  keep: "latest" | "all";
  maxBacklogS: number;
  /** Results for frames that are older are not shown. */
  maxAgeS?: number | null;
  seen?: number;
}

export type ToWorker =
  /** The address of the script that draws marks. */
  | { type: "overlay"; address: string }
  /** The page's own words, if they are not English; before all else. */
  | { type: "words"; words: Words }
  /** Also when the network may have changed. `isHttp`: HTTP is what carried the messages last in this tab. */
  | { type: "connect"; url: string; build: string; hidden: boolean; isHttp: boolean }
  /** `seen` goes with it: up to which message of the server the page shows everything. */
  | { type: "send"; message: SetValue | Fire | Cancel; seen?: number }
  /** A camera, or another one in place of it. */
  | { type: "camera"; component: number; source: FrameSource; options: FrameOptions }
  | { type: "microphone"; component: number; port: MessagePort; format: MicrophoneFormat }
  /** The component's device is closed. */
  | { type: "release"; component: number }
  | { type: "open"; stream: OpenStream }
  | { type: "stop"; stream: number; reason: StopReason; message: string }
  | { type: "target"; component: number; target: FrameTarget }
  /** An image that the page shows by itself, as it reached the screen. */
  | { type: "shown"; stream: number; component: number; sequence: number; pageUs: number }
  /** The `<video>` of a component presented the frame with this timestamp, whose pixels are `scale` pixels of the page. */
  | { type: "presented"; component: number; timestampUs: number; pageUs: number; scale: number }
  /** Something else took the place of the component's streamed surface. */
  | { type: "covered"; component: number }
  /** The listener, or the browser, holds a playback, or lets it go on. */
  | { type: "pauseplayback"; playback: number; isPaused: boolean }
  /** The listener has heard enough of it. */
  | { type: "stopplayback"; playback: number }
  /** The audio of a file, null if it is none. */
  | { type: "decoded"; playback: number; audio: DecodedAudio | null }
  /** The position up to which a video has been seen, for the server. */
  | { type: "tell"; message: Played }
  | { type: "visible"; hidden: boolean }
  /** The visitor, or the app, wants to see the latency, or no longer does. */
  | { type: "watch"; on: boolean }
  /** The page rests: the session goes on if `connect` comes soon enough. */
  | { type: "suspend" }
  | { type: "bye" };

/** One kind of message to the worker. */
export type ToWorkerOf<Type extends ToWorker["type"]> = Extract<ToWorker, { type: Type }>;

export type FromWorker =
  /** `isResumed`: it is the session that there was before. */
  | { type: "welcome"; session: string; build: string; isResumed: boolean }
  | { type: "refused"; refuse: Refuse }
  | { type: "replaced" }
  /** From now on this carries the messages: HTTP, or a WebSocket. */
  | { type: "transport"; isHttp: boolean }
  | { type: "lost"; retryMs: number }
  /** An edit went to the server as control message `seq`. */
  | { type: "sent"; component: number; seq: number }
  /** The changes of one call, as a whole; streamed frames are on their surface already. */
  | {
      type: "apply";
      stream: number;
      run: number;
      seen: number;
      updates: { [component: string]: Props };
      images: StillImage[];
      /** With this the page shows all that the server said up to this message. */
      upTo?: number;
    }
  /** The marks on what a component shows, in words. */
  | { type: "described"; component: number; words: string }
  /** From now on the component's streamed surface shows it: the first frame of this stream is there, decoded. */
  | { type: "streaming"; component: number; stream: number }
  | { type: "state"; state: StreamState; deadlinePageUs: number }
  | { type: "turn"; turn: TurnState }
  /** The app has not answered a running stream for so long; see `StreamSilence`. */
  | ({ type: "unanswered" } & StreamSilence)
  /** The server has been asked, and says nothing; or it does again. */
  | { type: "silent"; isSilent: boolean }
  | { type: "run"; state: RunState }
  | { type: "progress"; progress: ProgressState }
  | { type: "toast"; toast: Toast }
  | { type: "script"; script: Script }
  | { type: "rendered"; rendered: Rendered }
  /** The first audio of a playback is there: the port takes its samples to a loudspeaker. */
  | { type: "playbackopened"; component: number; playback: number; rate: number; channels: number; port: MessagePort }
  /** Decode an audio file, which a worker cannot. */
  | { type: "decode"; playback: number; file: ArrayBuffer; form: AudioShape | null }
  /** The position of a playback, about 20 times a second. */
  | { type: "playbackposition"; component: number; playedS: number; level: AudioLevel }
  /** The next segment of a video, which the page plays. */
  | ({ type: "video" } & VideoSegment)
  /** A playback is to stop at once. */
  | { type: "silence"; playback: number }
  /** A playback is over; what came of it, as a file. */
  | { type: "playbackended"; component: number; playback: number; isCut: boolean; problem: string; file: Blob | null }
  /** The worker ended a stream by itself. */
  | { type: "broken"; stream: number; reason: StopReason; message: string }
  | { type: "toolarge"; message: SetValue | Fire | Cancel }
  | { type: "level"; component: number; level: AudioLevel }
  /** The age of what a component shows, once a second while it is watched; null when it shows nothing new any more. */
  | { type: "latency"; component: number; view: LatencyView | null };

/** One kind of message from the worker. */
export type FromWorkerOf<Type extends FromWorker["type"]> = Extract<FromWorker, { type: Type }>;
