/** The record button: the whole frame while it is idle, a ring with the position in the queue, a square; and its bar. */
import { html, nothing, type TemplateResult } from "lit";
import type { StreamView } from "../../states.ts";
import type { PushToTalk } from "./push_to_talk.ts";
import "./device_menu.ts";
import "./elapsed.ts";
import { t } from "../../words.ts";

/** An element that records. */
export interface Recorder {
  readonly component: number;
  readonly stream: StreamView;
}

/** The bar below the recording: a menu of devices, or one for each of both kinds, the button, and `tools`. */
export function recordBar(
  { component, stream }: Recorder,
  kind: "camera" | "microphone" | "both",
  button: TemplateResult,
  tools: readonly TemplateResult[],
  clock: TemplateResult | typeof nothing = nothing,
): TemplateResult {
  return html`<div class="ms-bar">
    <div class="ms-side">
      <ms-devices .kind=${kind === "microphone" ? kind : "camera"} .component=${component} .current=${stream.device}></ms-devices>
      ${kind === "both" ? html`<ms-devices .kind=${"microphone"} .beside=${true} .component=${component} .current=${stream.microphone}></ms-devices>` : nothing}
      ${clock}
    </div>
    ${button}
    <div class="ms-side ms-end">${tools}</div>
  </div>`;
}

/** The length of the recording, of `max_length` if that is limited; nothing while nothing is recorded. */
export function elapsed({
  stream,
  props,
}: Recorder & { props: { max_length: number | null } }): TemplateResult | typeof nothing {
  if (stream.state === "idle") return nothing;
  const { sinceMs, pastS } = stream;
  return html`<ms-elapsed .sinceMs=${sinceMs} .pastS=${pastS} .longestS=${props.max_length ?? null}></ms-elapsed>`;
}

/** `press` starts, stops, or leaves the queue: the caller knows which from the same state. `talk` takes what holds it. */
export function recordButton(stream: StreamView, press: () => void, talk: PushToTalk | null = null): TemplateResult {
  const name = recordName(stream.state);
  const position = stream.state === "waiting" && stream.position > 0 ? stream.position : nothing;
  const click = (event: MouseEvent): void => {
    if (!talk?.takes(event)) press();
  };
  return roundButton(stream.state, name, click, position, stream.state === "idle" ? "record-button" : "stop-button");
}

/** A button with its name in words while it is idle; `sign` is drawn in it. */
export function roundButton(
  state: StreamView["state"],
  name: string,
  press: (event: MouseEvent) => void,
  sign: unknown,
  kind: string,
): TemplateResult {
  return html`<button class="ms-record ${kind}" type="button" data-state=${state} title=${name} @click=${press}>
    <i aria-hidden="true">${sign}</i><span>${name}</span>
  </button>`;
}

/** The accessible name: a promise to users' scripts. */
function recordName(state: StreamView["state"]): string {
  if (state === "idle") return t("Record");
  return state === "waiting" || state === "starting" ? t("Waiting") : t("Stop");
}
