/** The record button: a red dot, a ring with the place in the queue, a square. */
import { html, nothing, type TemplateResult } from "lit";
import type { StreamView } from "../../view.ts";

/** `press` starts, stops, or leaves the queue: the caller knows which from the same state. */
export function recordButton(stream: StreamView, press: () => void): TemplateResult {
  const name = recordName(stream.state);
  const place = stream.state === "waiting" && stream.position > 0 ? stream.position : null;
  return html`<button
    class="ms-record ${name === "Record" ? "record-button" : "stop-button"}" type="button" data-state=${stream.state}
    title=${name} @click=${press}
  >
    <i aria-hidden="true">${place ?? nothing}</i><span class="ms-sr">${name}</span>
  </button>`;
}

/** The accessible name: a promise to users' scripts. */
export function recordName(state: StreamView["state"]): "Record" | "Waiting" | "Stop" {
  if (state === "idle") return "Record";
  return state === "waiting" || state === "starting" ? "Waiting" : "Stop";
}
