/** States that elements show: of recordings, runs, uploads, playbacks and the link. Plain data, which session and elements share. */

import type { Level as ProgressLevel, TurnState } from "./wire/messages.ts";

/** An element that shows images in a component: `<video>`, `<canvas>` or `<img>` with the class `ms-output`. */
export type OutputElement = HTMLVideoElement | HTMLCanvasElement | HTMLImageElement;

export interface OutputSurface {
  /**
   * Show `output` in place of what was shown; null clears. The element puts it into its frame as it is and takes the
   * old one out. Called when the kind of surface changes, or with a new `<img>`, never per frame of a stream; what is
   * passed is decoded already.
   */
  place(output: OutputElement | null): void;
  /** Says in words what is marked in what is shown, for those who cannot see it; empty if nothing is. */
  describe(words: string): void;
}

/** Why a recording cannot go on. `message` is a whole sentence; the code chooses icon and button. */
export interface Trouble {
  code: TroubleCode;
  message: string;
}

/**
 * `refused` (permission), `insecure` (neither HTTPS nor localhost), `missing` (no such device), `busy` (another program has
 * it), `unplugged`, `full` (the app is busy), `behind` (more audio waits than `max_backlog`), `lost` (no connection), `restarting`,
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
  | "restarting"
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
  /** The stream waits because its time was up, and somebody else had a slot. */
  again: boolean;
  /** The time limit in seconds; 0 without one. */
  limitS: number;
  /** When the time is up, in milliseconds of `performance.now()`; 0 without a limit. A new value is a new slice. */
  deadlineMs: number;
  /** When the recording began, had it never waited, in milliseconds of `performance.now()`; 0 while nothing is recorded. */
  sinceMs: number;
  /** Seconds that were recorded before it began to wait; 0 before the first time. */
  pastS: number;
  /** The live camera, for a `<video class="ms-preview">`; null without a camera. */
  preview: MediaStream | null;
  /** True if the preview is to be shown mirrored (by CSS). */
  mirrored: boolean;
  /** Id of the device in use; empty if none. */
  device: string;
  /** Id of the microphone that is in use beside a camera; empty if none. */
  microphone: string;
  /** Whose turn it is, in a stream that takes turns; null in any other, and while it does not run. */
  turn: TurnPhase | null;
  /** Why the last recording ended, if not by Stop; null otherwise, and as soon as Record is pressed. */
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
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  position: number;
  etaS: number | null;
  /** For the user, when it failed; empty if there is nothing to say. */
  message: string;
  /** The progress that its handler reports; absent or null if it reports none. */
  advance?: AdvanceView | null;
  /** The reason why it waits in the page, in words; absent once it was begun. */
  awaits?: string;
}

/** The progress of a run. */
export interface AdvanceView {
  /** Loops inside of each other, the outermost first; at least one. */
  levels: ProgressLevel[];
  /** Of the whole, 0..1; null while unknown. */
  fraction: number | null;
  /** When it will be done at this rate, in seconds; null while unknown. */
  leftS: number | null;
}

/** Streamed audio, while it comes and after. */
export type AudioView =
  | { state: LiveState }
  /** All was heard: `address` is where it can be played again; `problem` is for the user, empty if there is none. */
  | { state: "over"; address: string | null; problem: string };

/** A streamed video: while it comes, and after. */
export interface VideoView {
  /** Its number: another one is another video. */
  playback: number;
  /** Plays it; the element puts it into its frame as it is. */
  element: HTMLVideoElement;
  state: "coming" | "complete";
  /** All of it, once it is complete; null until then, and if it is too long to be kept. */
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
  /** `lost`: reconnecting by itself; `refused`: it will not, `message` says why. */
  state: "connecting" | "open" | "lost" | "refused";
  message: string;
}

export interface ToastView {
  level: "error" | "warning" | "info" | "success";
  message: string;
  title: string;
  /** 0 keeps it until it is closed. */
  durationS: number;
  /** The number of times that it was said; once if absent. */
  count?: number;
}
