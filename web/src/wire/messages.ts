/**
 * The control messages, in both directions. Their twins are `src/millstream/wire/page_messages.py` and `messages.py`,
 * which say what each means.
 *
 * A message travels as one MessagePack map whose key `type` names it. `seq` counts the control messages of one session
 * and direction from 1. Times that end in `_us` are whole microseconds.
 */

import type { Binding, ComponentDeclaration, Node, Props } from "../manifest.ts";

/** Largest control message that the server reads. */
export const MAX_CONTROL_BYTES = 1024 * 1024;

/** Most values in one control message that the server reads. */
export const MAX_CONTROL_VALUES = 10_000;

/** A page acknowledges what has come after so many control messages and packets of audio, or bytes of them. */
export const ACK_MESSAGES = 16;
export const ACK_BYTES = 256 * 1024;

// ---- page to server ------------------------------------------------------------------------------------------------

export interface Hello {
  type: "hello";
  version: number;
  build: string;
  page_us: number;
  /** The token of the last welcome, of a page that comes back, and what has come to it: see `Ack`. */
  resume?: string;
  seen?: number;
  audio?: number;
  /** For a server that has not known the session: of the packets of each open stream their number, the last that is not sent again, and the credit. */
  sent?: [number: number, last: number, limit: number][];
  decodes?: number[];
  encodes?: number[];
}

export interface SetValue {
  type: "set";
  component: number;
  value: unknown;
  seen?: number;
}

export interface Fire {
  type: "fire";
  binding: number;
  run: number;
  target?: number;
  data?: unknown;
  inputs?: unknown[] | null;
  /** Up to which of the server's messages the page shows everything. */
  seen?: number;
  /** The event waits in the page for what it reads: nothing begins before a second message for the same run. */
  held?: boolean;
}

export interface Cancel {
  type: "cancel";
  run: number;
}

export interface Open {
  type: "open";
  stream: number;
  binding: number;
  pictures?: number;
  seen?: number;
}

export interface Stop {
  type: "stop";
  stream: number;
  final: number;
  reason?: StopReason;
  message?: string;
}

export type StopReason = "user" | "device" | "backlog" | "failed";

export interface Credit {
  type: "credit";
  stream: number;
  limit: number;
  page_us?: number;
  /** From the server: what has come, when that had left the bottleneck of the uplink, and bytes a second of this. */
  received?: number;
  left_us?: number;
  rate?: number;
  /** From the server: how many calls of the stream have returned. */
  returned?: number;
}

export interface Shown {
  type: "shown";
  stream: number;
  component: number;
  sequence: number;
  page_us: number;
}

export interface Played {
  type: "played";
  playback: number;
  received: number;
  rate: number;
  samples: number;
  played: number;
  state?: "playing" | "paused" | "ended" | "broken";
  message?: string;
}

export interface Clock {
  type: "clock";
  page_us: number;
  server_us?: number;
  heard_us?: number;
  /** From the server: up to which sequence the page's messages were acted upon. */
  seen?: number;
  idle?: boolean;
}

/** In both directions: frames are missing on which later ones build; whoever sends them sends a key frame next. */
export interface KeyFrame {
  type: "keyframe";
  stream: number;
  component: number;
}

export interface Visible {
  type: "visible";
  hidden: boolean;
}

/** In which codecs, by their numbers, the page can send the frames of a camera besides JPEG. */
export interface Encodes {
  type: "encodes";
  encodes: number[];
}

/** While `on`, a `Latency` comes each second for each stream. */
export interface Watch {
  type: "watch";
  on: boolean;
}

export interface Ack {
  type: "ack";
  /** The sequence of the last control message that has come. */
  seen: number;
  /** The number of packets of audio that have come. */
  audio: number;
}

export interface Bye {
  type: "bye";
}

export type PageMessage =
  | Hello
  | SetValue
  | Fire
  | Cancel
  | Open
  | Stop
  | Credit
  | Shown
  | Played
  | Clock
  | KeyFrame
  | Visible
  | Encodes
  | Watch
  | Ack
  | Bye;

// ---- server to page ------------------------------------------------------------------------------------------------

export interface Welcome {
  type: "welcome";
  version: number;
  build: string;
  session: string;
  server_us: number;
  page_us: number;
  /** The token for the next hello; empty if a lost link ends the session. */
  resume: string;
  /** An earlier session goes on: the page sends again what follows `seen`, and audio what follows `received`. */
  resumed: boolean;
  /** It goes on in another server, which has not heard how much the page takes, and whether it watches the latency. */
  moved: boolean;
  seen: number;
  /** The last sequence of packets that came, by the number that they go by; a JavaScript object's keys are strings. */
  received: { [stream: string]: number };
  decodes: number[];
}

export interface Refuse {
  type: "refuse";
  code: "version" | "busy" | "login" | "shutdown";
  message: string;
}

export interface Outputs {
  type: "outputs";
  call: number;
  stream: number;
  source: number;
  run: number;
  seen: number;
  packets: number;
  /** By component number; a JavaScript object's keys are strings. */
  updates: { [component: string]: Props };
}

export interface StreamState {
  type: "streamstate";
  stream: number;
  state: "waiting" | "running" | "stopping" | "ended";
  position: number;
  eta_s: number;
  limit_s: number;
  deadline_us: number;
  reason: string;
  message: string;
  again: boolean;
}

export interface TurnState {
  type: "turnstate";
  stream: number;
  state: "listening" | "awake" | "hearing" | "thinking" | "answering";
}

export interface RunState {
  type: "runstate";
  run: number;
  call: number;
  binding: number;
  state: "waiting" | "running" | "done" | "failed" | "cancelled" | "later";
  position: number;
  eta_s: number;
  message: string;
  /** The words about inputs that a validator refused, by component. */
  problems: Record<string, string>;
  /** The return value of a server function, once it is done. */
  answer?: unknown;
}

export interface Level {
  desc: string;
  index: number | null;
  length: number | null;
  fraction: number | null;
  unit: string;
}

export interface ProgressState {
  type: "progress";
  call: number;
  binding: number;
  run: number;
  stream: number;
  levels: Level[];
}

export interface Toast {
  type: "toast";
  level: "error" | "warning" | "info" | "success";
  message: string;
  title: string;
  duration_s: number;
  /** The number of times that it was said. */
  count?: number;
}

/** From the next frame on, a camera is encoded in this way; 0 is as the app wants. */
export interface Encode {
  type: "encode";
  stream: number;
  component: number;
  codec: number;
  bits_per_s: number;
  frames_per_s: number;
  longest: number;
}

/** A render has run for this session: this takes the place of what the layout `place` held. */
export interface Rendered {
  type: "rendered";
  place: number;
  /** As in `Outputs`, for the values of components that stay. */
  seen: number;
  nodes: Node[];
  /** By number; without a `value` where a component stays, and its value does. */
  components: { [component: string]: ComponentDeclaration };
  bindings: Binding[];
  /** The reason why it failed; empty if it did not. */
  message: string;
}

export interface Script {
  type: "script";
  binding: number;
  inputs: unknown[];
}

export interface Silence {
  type: "silence";
  playback: number;
}

/** The server's share in the age of a stream's frames: means of the `calls` since the last one; counters since it began. */
export interface Latency {
  type: "latency";
  stream: number;
  calls: number;
  /** The time from the capture by the page's clock to the arrival by the server's. */
  arrived_us: number;
  wait_us: number;
  decode_us: number;
  call_us: number;
  encode_us: number;
  received: number;
  dropped: Record<string, number>;
  decision: string;
}

export interface Heartbeat {
  type: "heartbeat";
}

export type ServerMessage =
  | Welcome
  | Refuse
  | Outputs
  | StreamState
  | TurnState
  | RunState
  | ProgressState
  | Required<Omit<Credit, "page_us">>
  | Toast
  | Required<Omit<Clock, "heard_us">>
  | KeyFrame
  | Encode
  | Rendered
  | Script
  | Silence
  | Latency
  | Heartbeat;
