/** The sentences of the media frames, made of numbers. */

import type { AdvanceView } from "../../states.ts";
import { isEnglish, t } from "../../words.ts";

/** "1st", "2nd", "3rd", "11th" … */
export function ordinal(position: number): string {
  const teen = position % 100 >= 11 && position % 100 <= 13;
  const ending = teen ? "th" : (["th", "st", "nd", "rd"][position % 10] ?? "th");
  return `${position}${ending}`;
}

/** "2nd in line"; other languages write the number as it is, with what they need around it. */
function inLine(position: number): string {
  return t("{position} in line", { position: isEnglish() ? ordinal(position) : position });
}

/** "20 s", "2 min": rounded up, in steps, so that screen readers do not read every second. */
export function span(seconds: number): string {
  if (seconds < 10) return t("{seconds} s", { seconds: Math.max(1, Math.ceil(seconds)) });
  if (seconds < 90) return t("{seconds} s", { seconds: Math.ceil(seconds / 5) * 5 });
  return t("{minutes} min", { minutes: Math.ceil(seconds / 60) });
}

/** "2nd in line, about 20 s"; "Waiting" as long as the position is unknown. */
export function queueing(position: number, etaS: number | null): string {
  if (position < 1) return t("Waiting");
  const words = position === 1 ? t("Next in line") : inLine(position);
  return etaS === null ? words : t("{position}, about {time}", { position: words, time: span(etaS) });
}

/** The current step of a run: "File 1/2 files · Read 3/10 pages"; empty if its handler does not report it. */
export function doing({ levels }: AdvanceView): string {
  const names = levels.map(({ desc, index, length, unit }) => {
    const count = index === null ? "" : `${short(index)}${length === null ? "" : `/${short(length)}`} ${unit}`;
    return [desc, count].filter(Boolean).join(" ");
  });
  // Of many nested loops, the inner two are enough.
  return names.filter(Boolean).slice(-2).join(" · ");
}

/** The progress of a run: "30 %", "about 20 s left", as far as it is known. */
export function standing({ fraction, leftS }: AdvanceView): string[] {
  const done = fraction === null ? [] : [`${Math.floor(fraction * 100)} %`];
  return [...done, ...(leftS === null ? [] : [t("about {time} left", { time: span(leftS) })])];
}

/** A count as people write it: whole numbers whole, others to two decimals. */
function short(count: number): string {
  return Number.isInteger(count) ? String(count) : count.toFixed(2);
}

/** The size of a file: "12 B", "3.4 kB", "120 MB". */
export function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let [count, unit] = [bytes, 0];
  while (count >= 1000 && unit < units.length - 1) {
    count /= 1000;
    unit += 1;
  }
  return `${count < 10 && unit > 0 ? count.toFixed(1) : Math.round(count)} ${units[unit]}`;
}

/** Minutes and seconds as on a clock: "0:07", "12:30". */
export function clock(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
