/** The parts that every media frame is made of: tools of the bar, and the calm panels over the image. */
import { html, nothing, type TemplateResult } from "lit";
import type { StreamView, UploadView } from "../../states.ts";
import { errorText } from "./error_text.ts";
import { type IconName, icon } from "./icons.ts";
import { styled } from "./styled.ts";
import "./time_left.ts";
import { waitingWords } from "./waiting.ts";

/** A message of so many characters may not fit into a frame. */
const LONG = 120;

/** A button of the bar: an icon with its name. */
export function frameTool(name: IconName, title: string, press: () => void): TemplateResult {
  return html`<button class="ms-tool" type="button" title=${title} @click=${press}>
    ${icon(name)}<span class="ms-sr">${title}</span>
  </button>`;
}

/** A frame that shows nothing says what will be there, in the app's `words` if it has any; or that the app has emptied it. */
export function nothingYet(
  name: IconName,
  words: string | null,
  noun: string,
  { occasion, isEmptied }: { occasion: string; isEmptied: boolean },
): TemplateResult {
  const coming = words ?? `The ${noun} appears here${occasion && ` ${occasion}`}.`;
  const sentence = isEmptied ? `The app gave no ${noun}.` : coming;
  return html`<div class="ms-void">${icon(name)}<p>${sentence}</p></div>`;
}

/** The label, over the image. */
export function chip({
  label,
  show_label,
}: {
  label: string | null;
  show_label: boolean;
}): TemplateResult | typeof nothing {
  return label && show_label ? html`<span class="ms-chip">${label}</span>` : nothing;
}

/** The bar of the time that is left of a stream's slot, if that is limited. */
export function timeLeft({ limitS, deadlineMs, state }: StreamView): TemplateResult | typeof nothing {
  if (limitS <= 0 || state !== "running") return nothing;
  return html`<ms-time .limitS=${limitS} .deadlineMs=${deadlineMs}></ms-time>`;
}

/** "2nd in line, about 20 s" over the live image; `leave` gives up waiting. */
export function waiting(stream: StreamView, medium: "camera" | "microphone", leave: () => void): TemplateResult {
  if (stream.state === "starting") {
    return html`<div class="ms-veil ms-starting" role="status"><p>Starting the ${medium}</p></div>`;
  }
  return html`<div class="ms-veil ms-waiting">
    <div class="ms-said" role="status">
      <p>${waitingWords(stream)}</p>
      ${stream.again ? html`<p class="ms-note">Others have a slot now. You go on by yourself.</p>` : nothing}
    </div>
    <button class="ms-button ms-sm" type="button" @click=${leave}>Leave the queue</button>
  </div>`;
}

export function uploading(upload: UploadView): TemplateResult {
  const percent = upload.fraction === null ? null : Math.round(upload.fraction * 100);
  return html`<div class="ms-veil ms-uploading">
    <p>Uploading ${upload.name}</p>
    <div class="ms-rail" role="progressbar" aria-label="Upload" aria-valuenow=${percent ?? nothing}>
      <i ${styled({ "--ms-part": upload.fraction ?? 0 })}></i>
    </div>
  </div>`;
}

/** The run that should have written this frame failed. */
export function failure(message: string): TemplateResult {
  return html`<div class="ms-veil ms-trouble" role="status">${icon("error")}
    <p tabindex=${focusable(message)}>${errorText(message || "Something went wrong.")}</p>
  </div>`;
}

/** The `tabindex` of text that may be too long for its frame: it scrolls, and must be reachable without a pointer. */
export function focusable(message: string): number | typeof nothing {
  return message.length > LONG ? 0 : nothing;
}
