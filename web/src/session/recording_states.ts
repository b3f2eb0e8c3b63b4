/**
 * The life cycle of a recording. Pure.
 *
 * | state      | opened     | begun     | stop     | replace | over  | abandon |
 * |------------|------------|-----------|----------|---------|-------|---------|
 * | opening    | connecting |           | ended    |         |       | ended   |
 * | connecting | connecting | recording | ended    |         |       | ended   |
 * | recording  | recording  |           | stopping |         | ended | ended   |
 * | stopping   |            |           |          | leaving | ended | ended   |
 * | leaving    |            |           |          |         | ended | ended   |
 * | ended      |            |           |          |         |       |         |
 *
 * States: `opening`, the browser is asked for the device; `connecting`, the device is open, and there is no session yet;
 * `recording`, its streams are open, waiting or running; `stopping`, the device is closed, and the server is still
 * processing; `leaving`, the same while another recording of the component has begun, so that this one is not shown;
 * `ended`.
 *
 * Events: `opened`, a device was opened, the first or another one; `begun`, the streams were opened; `stop`, by the user,
 * the app, the time limit or a device that is lost or refused; `replace`, another recording of the component begins;
 * `over`, the last stream has ended; `abandon`, the session is gone, or the app withdraws the recording. An empty cell
 * means that the event changes nothing.
 */

export type RecordingState = "opening" | "connecting" | "recording" | "stopping" | "leaving" | "ended";

export type RecordingEvent = "opened" | "begun" | "stop" | "replace" | "over" | "abandon";

const TABLE: { [state in RecordingState]: { [event in RecordingEvent]?: RecordingState } } = {
  opening: { opened: "connecting", stop: "ended", abandon: "ended" },
  connecting: { opened: "connecting", begun: "recording", stop: "ended", abandon: "ended" },
  recording: { opened: "recording", stop: "stopping", over: "ended", abandon: "ended" },
  stopping: { replace: "leaving", over: "ended", abandon: "ended" },
  leaving: { over: "ended", abandon: "ended" },
  ended: {},
};

/** The state that an event leads to; null if it changes nothing. */
export function next(state: RecordingState, event: RecordingEvent): RecordingState | null {
  return TABLE[state][event] ?? null;
}

/** True if the device is, or will be, recorded: the user can press Stop. */
export function isLive(state: RecordingState): boolean {
  return state === "opening" || state === "connecting" || state === "recording";
}

/** True if the device is being captured. */
export function isCapturing(state: RecordingState): boolean {
  return state === "connecting" || state === "recording";
}
