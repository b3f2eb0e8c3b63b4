/** The parts that every media frame is made of: tools of the bar, and the calm panels over the image. */
import { html, nothing, type TemplateResult } from "lit";
import type { StreamView, UploadView } from "../../states.ts";
import { errorText } from "./error_text.ts";
import { type IconName, icon } from "./icons.ts";
import { styled } from "./styled.ts";
import "./time_left.ts";
import { t } from "../../words.ts";
import { waitingWords } from "./waiting.ts";

/** A message of so many characters may not fit into a frame. */
const LONG = 120;

/** A button of the bar: an icon with its name. */
export function frameTool(name: IconName, title: string, press: () => void): TemplateResult {
  return html`<button class="ms-tool" type="button" title=${title} @click=${press}>
    ${icon(name)}<span class="ms-sr">${title}</span>
  </button>`;
}

/** The media of a frame. */
type Noun = "image" | "audio" | "video" | "gallery" | "comparison" | "model";

const COMING: { [noun in Noun]: string } = {
  image: t("The image appears here."),
  audio: t("The audio appears here."),
  video: t("The video appears here."),
  gallery: t("The gallery appears here."),
  comparison: t("The comparison appears here."),
  model: t("The model appears here."),
};

const ABSENT: { [noun in Noun]: string } = {
  image: t("The app gave no image."),
  audio: t("The app gave no audio."),
  video: t("The app gave no video."),
  gallery: t("The app gave no gallery."),
  comparison: t("The app gave no comparison."),
  model: t("The app gave no model."),
};

function coming(noun: Noun, occasion: string): string {
  const values = { occasion };
  return {
    image: t("The image appears here {occasion}.", values),
    audio: t("The audio appears here {occasion}.", values),
    video: t("The video appears here {occasion}.", values),
    gallery: t("The gallery appears here {occasion}.", values),
    comparison: t("The comparison appears here {occasion}.", values),
    model: t("The model appears here {occasion}.", values),
  }[noun];
}

/** A frame that shows nothing says what will be there, in the app's `words` if it has any; or that the app has emptied it. */
export function nothingYet(
  name: IconName,
  words: string | null,
  noun: Noun,
  { occasion, isEmptied }: { occasion: string; isEmptied: boolean },
): TemplateResult {
  const sentence = isEmptied ? ABSENT[noun] : (words ?? (occasion ? coming(noun, occasion) : COMING[noun]));
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
    return html`<div class="ms-veil ms-starting" role="status"><p>${medium === "camera" ? t("Starting the camera") : t("Starting the microphone")}</p></div>`;
  }
  return html`<div class="ms-veil ms-waiting">
    <div class="ms-said" role="status">
      <p>${waitingWords(stream)}</p>
      ${stream.again ? html`<p class="ms-note">${t("Others have a slot now. You go on by yourself.")}</p>` : nothing}
    </div>
    <button class="ms-button ms-sm" type="button" @click=${leave}>${t("Leave the queue")}</button>
  </div>`;
}

export function uploading(upload: UploadView): TemplateResult {
  const percent = upload.fraction === null ? null : Math.round(upload.fraction * 100);
  return html`<div class="ms-veil ms-uploading">
    <p>${t("Uploading {name}", { name: upload.name })}</p>
    <div class="ms-rail" role="progressbar" aria-label=${t("Upload")} aria-valuenow=${percent ?? nothing}>
      <i ${styled({ "--ms-part": upload.fraction ?? 0 })}></i>
    </div>
  </div>`;
}

/** The run that should have written this frame failed. */
export function failure(message: string): TemplateResult {
  return html`<div class="ms-veil ms-trouble" role="status">${icon("error")}
    <p tabindex=${focusable(message)}>${errorText(message || t("Something went wrong."))}</p>
  </div>`;
}

/** The `tabindex` of text that may be too long for its frame: it scrolls, and must be reachable without a pointer. */
export function focusable(message: string): number | typeof nothing {
  return message.length > LONG ? 0 : nothing;
}
