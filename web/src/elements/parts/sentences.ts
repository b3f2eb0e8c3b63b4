/** The sentences of the media frames, made of numbers. */

/** "1st", "2nd", "3rd", "11th" … */
export function ordinal(place: number): string {
  const teen = place % 100 >= 11 && place % 100 <= 13;
  const ending = teen ? "th" : (["th", "st", "nd", "rd"][place % 10] ?? "th");
  return `${place}${ending}`;
}

/** "20 s", "2 min": rounded up, in steps that do not count every second aloud. */
export function span(seconds: number): string {
  if (seconds < 10) return `${Math.max(1, Math.ceil(seconds))} s`;
  if (seconds < 90) return `${Math.ceil(seconds / 5) * 5} s`;
  return `${Math.ceil(seconds / 60)} min`;
}

/** "2nd in line, about 20 s"; without a place that nobody knows yet, "Waiting". */
export function queueing(position: number, etaS: number | null): string {
  if (position < 1) return "Waiting";
  const place = position === 1 ? "Next in line" : `${ordinal(position)} in line`;
  return etaS === null ? place : `${place}, about ${span(etaS)}`;
}

/** Minutes and seconds as on a clock: "0:07", "12:30". */
export function clock(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
