/** The waits between attempts to connect. Pure: chance is passed in. */

/** Seconds before each attempt; the last one counts for all that follow. */
const DELAYS_S = [0, 0.1, 0.3, 1, 3, 5];

/** Each is longer or shorter by up to this part of it, so that pages do not return at once. */
const JITTER = 0.3;

/** Pages that a server has sent away come back over this time. */
const SPREAD_MS = 500;

/** A server that is restarted as planned closes with these: "service restart", "try again later". */
const SENT_AWAY = [1012, 1013];

/** The wait before attempt `attempt` (from 0), in milliseconds, after a transport that ended with `code`. */
export function retryDelayMs(attempt: number, code: number, random: () => number = Math.random): number {
  const delayMs = 1000 * (DELAYS_S[Math.min(attempt, DELAYS_S.length - 1)] as number);
  if (delayMs === 0) return SENT_AWAY.includes(code) ? SPREAD_MS * random() : 0;
  return delayMs * (1 + JITTER * (2 * random() - 1));
}
