/** The silence of the app towards each running stream, by which old results look old. Pure: the clock is a parameter. */

/** StreamSilence becomes noticeable after so many seconds, beyond the time between two frames or chunks. */
const SLOW_S = 1.5;
/** It is told in words, and counted, after so many. */
const LONG_S = 5;

export interface StreamSilence {
  stream: number;
  /** Whole seconds once they are told, 1 before that, 0 when the app has answered. */
  seconds: number;
  /** True if the stream never had a result. */
  isFirst: boolean;
}

interface AwaitedStream {
  everyS: number;
  /** The last answer, or the beginning of its slot; null while none is due. */
  sinceMs: number | null;
  hasSent: boolean;
  hasResult: boolean;
  returned: number;
  told: number;
}

export class Silences {
  private readonly streams = new Map<number, AwaitedStream>();

  open(stream: number, everyS: number): void {
    this.streams.set(stream, { everyS, sinceMs: null, hasSent: false, hasResult: false, returned: 0, told: 0 });
  }

  /** It has a slot, or none any more; each slot begins anew. */
  run(stream: number, isRunning: boolean, nowMs: number): void {
    const watched = this.streams.get(stream);
    if (!watched) return;
    if (!isRunning) watched.hasSent = false;
    watched.sinceMs = isRunning ? (watched.sinceMs ?? nowMs) : null;
  }

  /** Something was captured and sent. */
  sent(stream: number): void {
    const watched = this.streams.get(stream);
    if (watched) watched.hasSent = true;
  }

  /** A result came. */
  answered(stream: number, nowMs: number): void {
    const watched = this.streams.get(stream);
    if (!watched) return;
    if (watched.sinceMs !== null) watched.sinceMs = nowMs;
    watched.hasResult = true;
  }

  /** So many calls have returned: one that changes nothing in the page is an answer too. */
  returned(stream: number, count: number, nowMs: number): void {
    const watched = this.streams.get(stream);
    if (!watched || watched.returned === count) return;
    watched.returned = count;
    this.answered(stream, nowMs);
  }

  /** Nobody expects answers: it takes turns, or is over. Returns what is to be told. */
  close(stream: number): StreamSilence[] {
    const isTold = (this.streams.get(stream)?.told ?? 0) > 0;
    this.streams.delete(stream);
    return isTold ? [{ stream, seconds: 0, isFirst: false }] : [];
  }

  clear(): StreamSilence[] {
    return [...this.streams.keys()].flatMap((stream) => this.close(stream));
  }

  get isEmpty(): boolean {
    return this.streams.size === 0;
  }

  /** Gives the changes that are to be told. While the link is lost (`isReachable`) the app is not to blame. */
  look(nowMs: number, isReachable: boolean): StreamSilence[] {
    const changes: StreamSilence[] = [];
    for (const [stream, watched] of this.streams) {
      if (!isReachable && watched.sinceMs !== null) watched.sinceMs = nowMs;
      const seconds = secondsOf(watched, nowMs);
      if (seconds === watched.told) continue;
      watched.told = seconds;
      changes.push({ stream, seconds, isFirst: !watched.hasResult });
    }
    return changes;
  }
}

function secondsOf({ sinceMs, everyS, hasSent }: AwaitedStream, nowMs: number): number {
  if (sinceMs === null || !hasSent) return 0;
  const silentS = (nowMs - sinceMs) / 1000 - everyS;
  if (silentS < SLOW_S) return 0;
  return silentS < LONG_S ? 1 : Math.floor(silentS);
}
