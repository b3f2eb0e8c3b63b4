/** The figures of the operator page: their form, and the rates between two of them. Pure. */

/** A distribution of durations since its beginning. */
export interface Durations {
  count: number;
  mean_s: number;
  p50_s: number;
  p95_s: number;
  max_s: number;
}

/** The counters of a stream, or of all streams and runs of an event. */
export interface EventFigures {
  received: number;
  handled: number;
  sent: number;
  shown: number;
  dropped: Record<string, number>;
  errors: number;
  age: Durations;
  shown_age: Durations;
  call: Durations;
}

export interface StreamFigures extends EventFigures {
  number: number;
  event: string;
  state: "running" | "waiting" | "ending";
  /** From 1; 0 if it does not wait, or does not know yet. */
  position: number;
  rtt_s: number | null;
}

export interface RunFigures {
  event: string;
  state: "running" | "waiting";
  position: number;
}

export interface SessionFigures {
  tag: string;
  user: string;
  is_attached: boolean;
  stored_bytes: number;
  streams: StreamFigures[];
  runs: RunFigures[];
}

/** The figures of one process, as `Blocks.metrics` gives them. */
export interface AppFigures {
  sessions: { open: number; opened: number };
  streams: { running: number; waiting: number };
  queue: number;
  events: Record<string, EventFigures>;
  bytes: { received: number; sent: number };
  uploads: { count: number; bytes: number; stored_bytes: number };
  threads: { running: number; abandoned: number };
  workers: { running: number; deaths: number; recycled: number };
  loop_lag_s: number | null;
}

export interface GatewayFigures extends AppFigures {
  name: string;
}

/** The batches of one function since the start; the seconds are those of all calls together. */
export interface BatchFigures {
  event: string;
  batches: number;
  calls: number;
  wait_s: number;
  call_s: number;
  /** null as long as nobody knows. */
  pays: boolean | null;
}

export interface EngineFigures {
  running?: string[];
  abandoned?: string[];
  pids?: number[];
  batches?: BatchFigures[];
}

/** The answer of the server, and the time when it came, in milliseconds of the page's clock. */
export interface OperatorFigures {
  title: string;
  /** The gateway that answers: sessions and engine are its own. Empty in an app of a single process. */
  gateway: string;
  metrics: AppFigures;
  sessions: SessionFigures[];
  /** The number of its open pages, of which `sessions` may be a part. */
  open: number;
  engine: EngineFigures;
  gateways: GatewayFigures[];
  atMs: number;
}

/** Something that waits for a slot. */
export interface QueueEntry {
  event: string;
  tag: string;
  user: string;
  position: number;
}

/** All that waits, by event and then by position. */
export function waiting(sessions: readonly SessionFigures[]): QueueEntry[] {
  const entries = sessions.flatMap(({ tag, user, streams, runs }) =>
    [...streams, ...runs]
      .filter(({ position }) => position > 0)
      .map(({ event, position }): QueueEntry => ({ event, tag, user, position })),
  );
  return entries.sort((a, b) => a.event.localeCompare(b.event) || a.position - b.position);
}

/** The increase of a counter in a second; null without a figure before, or if the counter began anew. */
export function rate(now: number, before: number | undefined, seconds: number): number | null {
  if (before === undefined || seconds <= 0 || now < before) return null;
  return (now - before) / seconds;
}

/** The mean of what came since the figure before, in seconds; null if nothing did. */
export function meanSince(now: Durations, before: Durations | undefined): number | null {
  const from = before !== undefined && before.count <= now.count ? before : { count: 0, mean_s: 0 };
  const count = now.count - from.count;
  if (count === 0) return null;
  return Math.max((now.count * now.mean_s - from.count * from.mean_s) / count, 0);
}

export function total(dropped: Record<string, number>): number {
  return Object.values(dropped).reduce((sum, count) => sum + count, 0);
}

/** "detect ×2, tag", or "none". */
export function counted(names: readonly string[] | undefined): string {
  const counts = new Map<string, number>();
  for (const name of names ?? []) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count > 1 ? `${name} ×${count}` : name)).join(", ") || "none";
}

/** "34 ms", "3.4 ms", "2.3 s", or a dash for what is unknown. */
export function duration(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds >= 1) return `${seconds.toFixed(1)} s`;
  const ms = seconds * 1000;
  return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** "29.8", "120", or a dash for what is unknown. */
export function perSecond(value: number | null): string {
  if (value === null) return "–";
  return value < 99.5 && value > 0 ? value.toFixed(1) : String(Math.round(value));
}

/** "0 B", "512 kB", "1.4 MB". */
export function bytes(value: number): string {
  if (value < 1000) return `${Math.round(value)} B`;
  if (value < 999_500) return `${Math.round(value / 1000)} kB`;
  return value < 999_500_000 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e9).toFixed(1)} GB`;
}
