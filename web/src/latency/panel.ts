/** The panel of the latency: where the age of the frames comes from. */

import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../elements/parts/icons.ts";
import { styled } from "../elements/parts/styled.ts";
import type { LatencyView } from "../playback/latency_view.ts";
import {
  bitRate,
  codecs,
  drops,
  line,
  milliseconds,
  type PARTS,
  partsOf,
  range,
  stretches,
  total,
  type Where,
} from "./figures.ts";

/** Seconds of the past that the line shows. */
export const PAST_S = 60;

const PLACES: readonly Where[] = ["browser", "network", "server"];

/** `past` are the medians of the last seconds, the newest last. */
export function panel(view: LatencyView, past: readonly (number | null)[], close: () => void): TemplateResult {
  return html`
    <header>
      <strong>Latency</strong>
      <button class="ms-tool ms-small" type="button" title="Close" @click=${close}>
        ${icon("close")}<span class="ms-sr">Close</span>
      </button>
    </header>
    <div class="ms-age-body">
      <div>${stats(view)}${sparkline(past)}${facts(view)}</div>
      <div>${parts(view)}</div>
      <p class="ms-age-why">${view.decision}</p>
    </div>
  `;
}

function stats({ p50Ms, p95Ms, fps, backlogS, roundTripMs }: LatencyView): TemplateResult {
  const stat = (name: string, value: string, unit: string): TemplateResult =>
    html`<div><dt>${name}</dt><dd>${value} <small>${unit}</small></dd></div>`;
  if (backlogS !== null) {
    return html`<dl class="ms-age-stats">
      ${stat("Mean age", milliseconds(p50Ms), "ms")}${stat("Backlog", backlogS.toFixed(1), "s")}
      ${stat("Handled", String(Math.round(fps)), "per s")}${stat("Round trip", milliseconds(roundTripMs), "ms")}
    </dl>`;
  }
  return html`<dl class="ms-age-stats">
    ${stat("Age p50", milliseconds(p50Ms), "ms")}${stat("Age p95", milliseconds(p95Ms), "ms")}
    ${stat("Shown", String(Math.round(fps)), "fps")}${stat("Round trip", milliseconds(roundTripMs), "ms")}
  </dl>`;
}

function sparkline(past: readonly (number | null)[]): TemplateResult {
  const ages = range(past);
  const words = ages
    ? `Median age in the last ${past.length} seconds: ${milliseconds(ages[0])} to ${milliseconds(ages[1])} milliseconds`
    : "Nothing has come yet";
  return html`
    <svg class="ms-age-line" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label=${words}>
      <path d=${line(past, PAST_S)}></path>
    </svg>
    <p class="ms-age-past" aria-hidden="true">${ages ? `${milliseconds(ages[0])}–${milliseconds(ages[1])} ms in ${past.length} s` : "–"}</p>
  `;
}

function facts({ codecs: names, bitsPerS: [up, down], backlogS, dropped, isHttp }: LatencyView): TemplateResult {
  return html`<dl class="ms-age-facts">
    <dt>Codec</dt><dd>${codecs(names)}</dd>
    <dt>Bit rate up</dt><dd>${bitRate(up)}</dd>
    ${backlogS === null ? html`<dt>Bit rate down</dt><dd>${bitRate(down)}</dd>` : nothing}
    <dt>Dropped</dt><dd>${drops(dropped)}</dd>
    ${isHttp ? html`<dt>Connection</dt><dd>over HTTP</dd>` : nothing}
  </dl>`;
}

/** Each part stands where it is on the frame's way, so that the bars together are the mean age. */
function parts(view: LatencyView): TemplateResult {
  const known = view.parts;
  const placed = known ? stretches(known) : null;
  const row = ({ part, name, where }: (typeof PARTS)[number]): TemplateResult => {
    const bar = { "--ms-from": placed?.[part].from ?? 0, "--ms-part": placed?.[part].part ?? 0 };
    return html`<tr data-part=${part}>
      <th scope="row">${name}</th>
      <td><i data-where=${where} ${styled(bar)}></i></td>
      <td>${milliseconds(known?.[part] ?? null)} ms</td>
    </tr>`;
  };
  return html`<table class="ms-age-parts">
      <caption class="ms-sr">What each part of the way adds to the age, on average</caption>
      <tbody>${partsOf(view).map(row)}</tbody>
      <tfoot><tr><th scope="row">Mean age</th><td></td><td>${milliseconds(known && total(known))} ms</td></tr></tfoot>
    </table>
    <p class="ms-age-key">${PLACES.map((where) => html`<span><i data-where=${where}></i>${where}</span>`)}</p>`;
}
