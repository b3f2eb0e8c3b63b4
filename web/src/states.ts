/** States that elements show: of recordings, runs, uploads, playbacks and the link. Plain data, shared by session and elements. */

import type { Level as ProgressLevel, TurnState } from "./wire/messages.ts";

/** An element that shows images in a component: `<video>`, `<canvas>` or `<img>` with the class `ms-output`. */
export type OutputElement = HTMLVideoElement | HTMLCanvasElement | HTMLImageElement;

export interface OutputSurface {
  /**
   * Replaces the shown surface by `output`; null clears. The element inserts it into its frame unchanged and removes the
   * old one. Called when the kind of surface changes, or with a new `<img>`, never per frame of a stream; `output` is
   * already decoded.
   */
  place(output: OutputElement | null): void;
  /** Says in words what is marked in what is shown, for those who cannot see it; empty if nothing is. */
  describe(words: string): void;
}

/** The reason why a recording cannot go on. `message` is a whole sentence; the code chooses icon and button. */
export interface Trouble {
  code: TroubleCode;
  message: string;
}

/**
 * `refused` (permission), `insecure` (neither HTTPS nor localhost), `missing` (no such device), `busy` (another program has
 * it), `unplugged`, `full` (the app is busy), `behind` (more audio waits than `max_backlog`), `lost` (the session is over),
 * `failed` (anything else, handler errors included), `notice` (nothing broke: idle, cancelled, shut down).
 */
export type TroubleCode =
  | "refused"
  | "insecure"
  | "missing"
  | "busy"
  | "unplugged"
  | "full"
  | "behind"
  | "lost"
  | "failed"
  | "notice";

export interface StreamView {
  /**
   * `idle` (offer Record) → `starting` (the browser asks for the device) → `waiting` ⇄ `running` → `idle`, at Stop at once.
   */
  state: "idle" | "starting" | "waiting" | "running";
  /** Position in the queue, from 1, while waiting; 0 otherwise. */
  position: number;
  /** Expected wait in seconds; null if unknown. */
  etaS: number | null;
  /** The stream waits because its slot has expired and somebody else got one. */
  again: boolean;
  /** The time limit in seconds; 0 without one. */
  limitS: number;
  /** End of the slot in milliseconds of `performance.now()`; 0 without a limit. A new value is a new slot. */
  deadlineMs: number;
  /** Start of the recording, moved by the time spent waiting, in milliseconds of `performance.now()`; 0 while it waits. */
  sinceMs: number;
  /** Seconds recorded before the current wait; 0 before the first one. */
  pastS: number;
  /** The live camera, for a `<video class="ms-preview">`; null without a camera. */
  preview: MediaStream | null;
  /** True if the preview is to be shown mirrored (by CSS). */
  mirrored: boolean;
  /** Id of the device in use; empty if none. */
  device: string;
  /** Id of the microphone that is in use beside a camera; empty if none. */
  microphone: string;
  /** The state of the conversation in a stream that takes turns; null in any other, and while it does not run. */
  turn: TurnPhase | null;
  /** The reason for the end of the last recording, unless it was Stop; null again once Record is pressed. */
  trouble: Trouble | null;
}

export type TurnPhase = TurnState["state"];

export const IDLE: StreamView = {
  state: "idle",
  position: 0,
  etaS: null,
  again: false,
  limitS: 0,
  deadlineMs: 0,
  sinceMs: 0,
  pastS: 0,
  preview: null,
  mirrored: false,
  device: "",
  microphone: "",
  turn: null,
  trouble: null,
};

export interface RunView {
  /** The server's number of this run, the same in all its states. */
  call: number;
  /** The page's number, for `ms-cancel`; 0 for a run that the server began. */
  run: number;
  binding: number;
  /** Components that the run will write. */
  outputs: number[];
  progress: "full" | "minimal" | "hidden";
  /** Components that show its progress, if the app has chosen them. */
  shownOn?: number[];
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  position: number;
  etaS: number | null;
  /** The error for the user; empty if there is none. */
  message: string;
  /** The progress that its handler reports; absent or null if it reports none. */
  advance?: AdvanceView | null;
  /** The app has not answered the stream that writes them; absent if it has. */
  silence?: { seconds: number; isFirst: boolean };
  /** The reason for waiting in the page, in words; absent once the run has begun. */
  awaits?: string;
}

/** The progress of a run. */
export interface AdvanceView {
  /** Nested loops, the outermost first; at least one. */
  levels: ProgressLevel[];
  /** Of the whole, 0..1; null while unknown. */
  fraction: number | null;
  /** Estimated time left in seconds; null while unknown. */
  leftS: number | null;
}

/** Streamed audio, while it comes and after. */
export type AudioView =
  | { state: LiveState }
  /** Everything was heard: `address` plays it again; `problem` is for the user, empty if there is none. */
  | { state: "over"; address: string | null; problem: string };

/** A streamed video: while it comes, and after. */
export interface VideoView {
  /** Its number: another number is another video. */
  playback: number;
  /** Plays it; the element inserts it into its frame unchanged. */
  element: HTMLVideoElement;
  state: "coming" | "complete";
  /** The whole video once it is complete; null until then, and if it is too long to be kept. */
  file: Blob | null;
  /** For the user; empty if there is none. */
  problem: string;
}

/** `locked`: the browser wants a tap first. */
export type LiveState = "starting" | "locked" | "paused" | "playing";

export interface UploadView {
  name: string;
  /** 0..1; null while unknown. */
  fraction: number | null;
  /** Files that are sent after it; none if left out. */
  following?: number;
}

export interface ConnectionView {
  /** `lost`: reconnecting automatically; `refused`: not reconnecting, `message` says why. */
  state: "connecting" | "open" | "lost" | "refused";
  message: string;
}

export interface ToastView {
  level: "error" | "warning" | "info" | "success";
  message: string;
  title: string;
  /** 0 keeps it until it is closed. */
  durationS: number;
  /** The number of times it was sent; once if absent. */
  count?: number;
}
