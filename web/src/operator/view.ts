/** The operator page as HTML: what is open, what streams, what waits, and where it runs. */

import { html, nothing, type TemplateResult } from "lit";
import {
  bytes,
  counted,
  duration,
  type EventFigures,
  meanSince,
  type OperatorFigures,
  perSecond,
  rate,
  type SessionFigures,
  type StreamFigures,
  total,
  waiting,
} from "./figures.ts";

/** The state of the page itself: live, paused by the operator, or without an answer. */
export type Refresh = { isPaused: boolean; trouble: string };

/** Two figures, a moment apart; the earlier one is null at first. */
export interface Moment {
  now: OperatorFigures;
  before: OperatorFigures | null;
}

export function page(moment: Moment | null, { isPaused, trouble }: Refresh, toggle: () => void): TemplateResult {
  return html`
    <header class="ms-op-head">
      <h1>${moment?.now.title ?? "Operator"}</h1>
      ${moment?.now.gateway ? html`<p class="ms-op-state">Gateway ${moment.now.gateway}</p>` : nothing}
      <p class=${trouble ? "ms-op-trouble" : "ms-op-state"} role="status">${trouble || (isPaused ? "Paused" : "Live")}</p>
      <button class="ms-op-pause" type="button" aria-pressed=${isPaused} @click=${toggle}>Pause</button>
    </header>
    ${moment ? sections(moment) : nothing}
  `;
}

function sections(moment: Moment): TemplateResult {
  const { now } = moment;
  return html`
    ${overview(moment)}
    ${gateways(now)}
    ${streams(moment)}
    ${queue(now)}
    ${sessions(now)}
    ${events(moment)}
    ${workers(now)}
    ${batches(now)}
  `;
}

function overview({ now, before }: Moment): TemplateResult {
  const { metrics } = now;
  const seconds = secondsOf({ now, before });
  const sum = (of: (event: EventFigures) => number, at: OperatorFigures): number =>
    Object.values(at.metrics.events).reduce((all, event) => all + of(event), 0);
  const per = (of: (event: EventFigures) => number): string =>
    perSecond(rate(sum(of, now), before ? sum(of, before) : undefined, seconds));
  const traffic = (direction: "received" | "sent"): string => {
    const speed = rate(metrics.bytes[direction], before?.metrics.bytes[direction], seconds);
    return speed === null ? "–" : `${bytes(speed)}/s`;
  };
  const figure = (name: string, value: string | number): TemplateResult =>
    html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<section aria-label="Overview">
    <dl class="ms-op-overview">
      ${figure("Pages open", metrics.sessions.open)}
      ${figure("Streams running", metrics.streams.running)}
      ${figure("Waiting", metrics.queue)}
      ${figure(
        "Handled per s",
        per(({ handled }) => handled),
      )}
      ${figure(
        "Dropped per s",
        per(({ dropped }) => total(dropped)),
      )}
      ${figure("Received", traffic("received"))}
      ${figure("Sent", traffic("sent"))}
      ${figure("Event loop lag", duration(metrics.loop_lag_s))}
    </dl>
  </section>`;
}

function streams({ now, before }: Moment): TemplateResult {
  const known = new Map(before?.sessions.map((session) => [session.tag, session]));
  const rows = now.sessions.flatMap((session) =>
    session.streams.map((stream) => {
      const earlier = known.get(session.tag)?.streams.find(({ number }) => number === stream.number);
      return streamRow(session, stream, earlier, secondsOf({ now, before }));
    }),
  );
  const names = ["Event", "Page", "State", "Age", "Age p95", "On screen", "Handled per s", "Dropped", "Errors"];
  return table("Streams", names, rows, "No stream is open.");
}

function streamRow(
  session: SessionFigures,
  stream: StreamFigures,
  before: StreamFigures | undefined,
  seconds: number,
): TemplateResult {
  return html`<tr>
    <th scope="row">${stream.event}</th>
    <td>${pageName(session)}</td>
    <td>${stream.position > 0 ? `waiting, position ${stream.position}` : stream.state}</td>
    <td>${duration(meanSince(stream.age, before?.age))}</td>
    <td>${duration(stream.age.count ? stream.age.p95_s : null)}</td>
    <td>${duration(meanSince(stream.shown_age, before?.shown_age))}</td>
    <td>${perSecond(rate(stream.handled, before?.handled, seconds))}</td>
    <td title=${causes(stream.dropped)}>${total(stream.dropped)}</td>
    <td>${stream.errors}</td>
  </tr>`;
}

function queue(now: OperatorFigures): TemplateResult {
  const rows = waiting(now.sessions).map(
    (entry) => html`<tr>
      <th scope="row">${entry.event}</th>
      <td>${entry.position}</td>
      <td>${pageName(entry)}</td>
    </tr>`,
  );
  return table("Queue", ["Event", "Position", "Page"], rows, "Nobody waits.");
}

function sessions(now: OperatorFigures): TemplateResult {
  const rows = now.sessions.map(
    (session) => html`<tr>
      <th scope="row">${pageName(session)}</th>
      <td>${session.is_attached ? "attached" : "lost"}</td>
      <td>${session.streams.length}</td>
      <td>${session.runs.length}</td>
      <td>${bytes(session.stored_bytes)}</td>
    </tr>`,
  );
  const hidden = now.open - now.sessions.length;
  const more = hidden > 0 ? `${hidden} more are not listed.` : "";
  return table("Pages", ["Page", "Link", "Streams", "Runs", "Files"], rows, "No page is open.", more);
}

function events({ now, before }: Moment): TemplateResult {
  const seconds = secondsOf({ now, before });
  const rows = Object.entries(now.metrics.events).map(([name, event]) => {
    const earlier = before?.metrics.events[name];
    return html`<tr>
      <th scope="row">${name}</th>
      <td>${perSecond(rate(event.call.count, earlier?.call.count, seconds))}</td>
      <td>${duration(meanSince(event.call, earlier?.call))}</td>
      <td>${duration(event.call.count ? event.call.p95_s : null)}</td>
      <td>${duration(event.age.count ? event.age.p95_s : null)}</td>
      <td title=${causes(event.dropped)}>${total(event.dropped)}</td>
      <td>${event.errors}</td>
    </tr>`;
  });
  const names = ["Event", "Calls per s", "Call", "Call p95", "Age p95", "Dropped", "Errors"];
  return table("Handlers", names, rows, "No handler was called.");
}

function workers({ metrics, engine }: OperatorFigures): TemplateResult {
  const row = (name: string, value: string | number): TemplateResult =>
    html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`;
  const processes = engine.pids
    ? [
        row("Worker processes", engine.pids.length ? engine.pids.join(", ") : "none is ready"),
        row("Ended by an error", metrics.workers.deaths),
        row("Recycled", metrics.workers.recycled),
      ]
    : [];
  const rows = [
    row("Open workers", metrics.threads.running),
    row("At work", counted(engine.running)),
    row("Abandoned", counted(engine.abandoned)),
    ...processes,
  ];
  return table("Workers", ["", ""], rows, "");
}

function batches({ engine }: OperatorFigures): TemplateResult | typeof nothing {
  if (!engine.batches?.length) return nothing;
  const rows = engine.batches.map(
    (batch) => html`<tr>
      <th scope="row">${batch.event}</th>
      <td>${batch.batches}</td>
      <td>${batch.batches ? (batch.calls / batch.batches).toFixed(1) : "–"}</td>
      <td>${duration(batch.calls ? batch.wait_s / batch.calls : null)}</td>
      <td>${duration(batch.batches ? batch.call_s / batch.batches : null)}</td>
      <td>${batch.pays === null ? "not known yet" : batch.pays ? "yes" : "no"}</td>
    </tr>`,
  );
  return table("Batches", ["Event", "Batches", "Mean size", "Mean wait", "Mean call", "Pays"], rows, "");
}

function gateways({ gateways: known }: OperatorFigures): TemplateResult | typeof nothing {
  if (!known.length) return nothing;
  const rows = known.map(
    (gateway) => html`<tr>
      <th scope="row">${gateway.name}</th>
      <td>${gateway.sessions.open}</td>
      <td>${gateway.streams.running}</td>
      <td>${gateway.queue}</td>
      <td>${gateway.threads.running}</td>
      <td>${gateway.workers.running}</td>
      <td>${duration(gateway.loop_lag_s)}</td>
    </tr>`,
  );
  const names = ["Gateway", "Pages", "Streams", "Waiting", "Open workers", "Processes", "Event loop lag"];
  return table("Gateways", names, rows, "");
}

/** A section with a table, which can be scrolled sideways with the keyboard where it is wider than the page. */
function table(
  title: string,
  columns: readonly string[],
  rows: readonly TemplateResult[],
  empty: string,
  more = "",
): TemplateResult {
  const head = columns.some(Boolean)
    ? html`<thead><tr>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>`
    : nothing;
  const id = `ms-op-${title.toLowerCase().replaceAll(" ", "-")}`;
  return html`<section class="ms-op-section" aria-labelledby=${id}>
    <h2 id=${id}>${title}</h2>
    ${
      rows.length
        ? html`<div class="ms-op-table" role="group" tabindex="0" aria-labelledby=${id}>
          <table>${head}<tbody>${rows}</tbody></table>
        </div>`
        : html`<p class="ms-op-empty">${empty}</p>`
    }
    ${more ? html`<p class="ms-op-empty">${more}</p>` : nothing}
  </section>`;
}

function secondsOf({ now, before }: Moment): number {
  return before ? (now.atMs - before.atMs) / 1000 : 0;
}

function pageName({ tag, user }: { tag: string; user: string }): string {
  const short = tag.slice(0, 6);
  return user ? `${user} (${short})` : short;
}

function causes(dropped: Record<string, number>): string {
  const counted = Object.entries(dropped).filter(([, count]) => count > 0);
  return counted.map(([cause, count]) => `${count} ${cause}`).join(", ");
}
