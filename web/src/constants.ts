/**
 * The vocabulary between elements and session: every event that an element dispatches upwards, with its detail.
 *
 * All of them bubble. An element dispatches with `emit(this, EDIT, {...})` and knows nothing of its listeners.
 */

import type { FileValue } from "./manifest.ts";

/** The user edited a component's value; sent to the server at once. */
export const EDIT = "ms-edit";
/**
 * Something happened to a component: `input`, `click`, `submit`, `select`, `release`, `clear`, `play` … After an edit, dispatch
 * `EDIT` first. `upload`, `start_recording` and `stop_recording` are fired by the session itself.
 */
export const FIRE = "ms-fire";
/**
 * Record, or Stop, was pressed (Stop also leaves the queue). Opens the camera or microphone of the component; a
 * component that drives no stream takes a photo (`Image`) or records a clip, which is uploaded at Stop.
 */
export const RECORD = "ms-record";
/** Another camera or microphone was chosen; takes effect at once while recording, at the next Record otherwise. */
export const DEVICE = "ms-device";
/** Files were chosen, dropped or pasted; each becomes the component's value, or a part of it. */
export const UPLOAD = "ms-upload";
/** The user wants to hear streamed audio, or wants it to pause. */
export const LISTEN = "ms-listen";
/** The user cancelled a run that waits or works. */
export const CANCEL = "ms-cancel";
/** The user wants to see how old the frames are, or no longer does. */
export const WATCH = "ms-watch";

/** An element of this type is to be shown whose script the page may not have yet. */
export const NEED = "ms-need";
/** Formulas were shown as their source, and are to be typeset. */
export const TYPESET = "ms-typeset";

export interface EditDetail {
  component: number;
  value: unknown;
  /** Told to the server in place of the value: the part of a large one that has changed. */
  wire?: unknown;
}

export interface FireDetail {
  component: number;
  event: string;
  data?: unknown;
  /** Called once with the outcome of the event, if it begins a run; with null if there is none. */
  ended?: Ended;
}

export type Ended = (outcome: { state: string; message: string; answer?: unknown } | null) => void;

/** Which device: by id (from `listDevices`), or front and rear; neither for the browser's own choice. */
export interface DeviceChoice {
  device?: string;
  facing?: "user" | "environment";
  /** The microphone beside a camera, by id. */
  microphone?: string;
}

export interface RecordDetail extends DeviceChoice {
  component: number;
  /** `close`: stops and discards the recording; `take`: takes a photo, and the camera stays open for the next one. */
  action: "start" | "stop" | "close" | "take";
}

export interface DeviceDetail extends DeviceChoice {
  component: number;
}

export interface UploadDetail {
  component: number;
  file: File | Promise<File | null>;
  /** Further files that were chosen with it: the event fires after the last one. */
  more?: readonly (File | Promise<File | null>)[];
  /** Makes the component's value of each file that has arrived, where that is not the file; undefined if more have to. */
  place?: (file: FileValue) => unknown;
  /** Takes the one file that is uploaded, which then is no value of the component. */
  alone?: (sent: Promise<FileValue>) => void;
}

export interface ListenDetail {
  component: number;
  /** `stop`: the listener ended it. */
  action: "play" | "pause" | "stop";
}

export interface CancelDetail {
  run: number;
}

export interface WatchDetail {
  on: boolean;
}

export interface NeedDetail {
  type: string;
}

export interface TypesetDetail {
  formulas: readonly HTMLElement[];
}

/** Every event name with the type of its detail. */
export interface EventDetails {
  [EDIT]: EditDetail;
  [FIRE]: FireDetail;
  [RECORD]: RecordDetail;
  [DEVICE]: DeviceDetail;
  [UPLOAD]: UploadDetail;
  [LISTEN]: ListenDetail;
  [CANCEL]: CancelDetail;
  [WATCH]: WatchDetail;
  [NEED]: NeedDetail;
  [TYPESET]: TypesetDetail;
}

export type EventName = keyof EventDetails;

/** Dispatches one of our events; it bubbles to the session's root. */
export function emit<Name extends EventName>(from: EventTarget, name: Name, detail: EventDetails[Name]): void {
  from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
}

/** Listens to one of our events at `root`; returns a function that removes the listener. */
export function listen<Name extends EventName>(
  root: EventTarget,
  name: Name,
  handle: (detail: EventDetails[Name]) => void,
): () => void {
  const listener = (event: Event): void => handle((event as CustomEvent<EventDetails[Name]>).detail);
  root.addEventListener(name, listener);
  return () => root.removeEventListener(name, listener);
}

/** The class of the surface that shows a result, and of the live preview: users' scripts rely on both. */
export const OUTPUT_CLASS = "ms-output";
export const PREVIEW_CLASS = "ms-preview";
