/** A discreet indicator over a component that a run is about to write. CSS delays it by a quarter of a second. */
import { html, nothing, type TemplateResult } from "lit";
import { CANCEL, emit } from "../../constants.ts";
import type { AdvanceView, RunView } from "../../states.ts";
import { t } from "../../words.ts";
import { errorText } from "./error_text.ts";
import { icon } from "./icons.ts";
import { doing, queueing, standing } from "./sentences.ts";
import { styled } from "./styled.ts";
import { waitingWords } from "./waiting.ts";

/** Nothing for a run that is over, hidden or absent; a line for `minimal`; words and a cancel button for `full`. */
export function progress(run: RunView | null): TemplateResult | typeof nothing {
  if (run === null || run.progress === "hidden") return nothing;
  if (run.state !== "waiting" && run.state !== "running") return nothing;
  if (run.silence) return silent(run.silence);
  const advance = run.state === "running" ? (run.advance ?? null) : null;
  const words = run.state === "waiting" ? [awaiting(run)] : progressWords(advance);
  const label = words.join(", ");
  return html`
    ${advance ? bar(advance, label) : html`<div class="ms-run" role="progressbar" aria-label=${label}><i></i></div>`}
    ${run.progress === "full" || run.state === "waiting" ? detail(run, words) : nothing}
  `;
}

/** The app has not answered the stream for a while: a thin line at first, then the time in words, and what is shown is dimmed. */
function silent({ seconds, isFirst }: { seconds: number; isFirst: boolean }): TemplateResult {
  const words = isFirst ? t("No result yet, {seconds} s", { seconds }) : t("No answer for {seconds} s", { seconds });
  return html`
    <div class="ms-run" role="progressbar" aria-label=${t("Waiting for the app")}><i></i></div>
    ${seconds > 1 ? html`<div class="ms-run-words ms-silent"><span>${words}</span></div>` : nothing}
  `;
}

/** The reason why a run waits: something in the page, or a slot. */
function awaiting({ awaits, position }: RunView): string {
  return awaits ?? queueing(position, null);
}

/** The reason why an event waits, or why it never began; nothing for a run that was begun. */
export function held(run: RunView | null): TemplateResult | typeof nothing {
  if (run === null || run.call >= 0) return nothing;
  const why = html`<p class="ms-problem ms-failed" role="status">${icon("error")} <span>${errorText(run.message)}</span></p>`;
  return html`<div class="ms-held">${run.state === "failed" ? why : progress(run)}</div>`;
}

/** The progress that a run reports, as a line of its own; nothing if it reports none. */
export function advancing({ state, advance }: RunView): TemplateResult | typeof nothing {
  if (state !== "running" || !advance) return nothing;
  const words = progressWords(advance);
  return html`<div class="ms-advancing">${bar(advance, words.join(", "))}<p>${words.join("  ")}</p></div>`;
}

function progressWords(advance: AdvanceView | null): string[] {
  const words = advance ? [doing(advance), ...standing(advance)].filter(Boolean) : [];
  return words.length > 0 ? words : [t("Working")];
}

/** The progress that a run reports, as a bar: filled so far, or moving where the total is unknown. */
function bar({ levels, fraction }: AdvanceView, words: string): TemplateResult {
  return html`<div
    class="ms-run ms-advance" role="progressbar" aria-label=${levels.at(-1)?.desc || t("Working")} aria-valuemin="0" aria-valuemax="100"
    aria-valuenow=${fraction === null ? nothing : Math.floor(fraction * 100)} aria-valuetext=${words} ?data-known=${fraction !== null}
  ><i ${styled({ "--ms-part": fraction })}></i></div>`;
}

/** The words beside the bar. If there is too little room, the first of them is shortened. */
function detail(run: RunView, words: string[]): TemplateResult {
  const cancel = (event: Event): boolean | undefined =>
    event.target ? void emit(event.target, CANCEL, { run: run.run }) : undefined;
  return html`<div class="ms-run-words">
    ${run.state === "waiting" ? html`<span title=${words.join()}>${waitingWords(run)}</span>` : words.map((each) => html`<span title=${each}>${each}</span>`)}
    ${run.run > 0 ? html`<button type="button" @click=${cancel}>${t("Cancel")}</button>` : nothing}
  </div>`;
}
