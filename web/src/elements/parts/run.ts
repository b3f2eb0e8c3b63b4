/** A quiet sign over a component that an event run is about to write. CSS holds it back for the first quarter second. */
import { html, nothing, type TemplateResult } from "lit";
import { CANCEL, emit } from "../../constants.ts";
import type { RunView } from "../../view.ts";
import { queueing } from "./sentences.ts";

/** Nothing for a run that is over, hidden or absent; a line for `minimal`; with words and a way out for `full`. */
export function progress(run: RunView | null): TemplateResult | typeof nothing {
  if (run === null || run.progress === "hidden") return nothing;
  if (run.state !== "waiting" && run.state !== "running") return nothing;
  const words = run.state === "waiting" ? queueing(run.position, run.etaS) : "Working";
  return html`
    <div class="ms-run" role="progressbar" aria-label=${words}><i></i></div>
    ${run.progress === "full" || run.state === "waiting" ? detail(run, words) : nothing}
  `;
}

function detail(run: RunView, words: string): TemplateResult {
  const cancel = (event: Event): boolean | undefined =>
    event.target ? void emit(event.target, CANCEL, { run: run.run }) : undefined;
  return html`<div class="ms-run-words">
    <span>${words}</span>
    ${run.run > 0 ? html`<button type="button" @click=${cancel}>Cancel</button>` : nothing}
  </div>`;
}
