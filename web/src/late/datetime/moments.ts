/** Moments as text, as the server reads them: "2026-01-31 18:30:00", "2026-01-31", "now - 1d". */

const NOW = /^now(?: ?([+-]) ?(\d{1,9}) ?([smhd]))?$/;
const MOMENT = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ t](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?$/;

/** A typed moment in one form; empty for nothing, null if it is no moment. */
export function canonical(text: string, hasTime: boolean): string | null {
  const words = text.trim().toLowerCase().replaceAll(/\s+/g, " ");
  if (words === "") return "";
  const relative = NOW.exec(words);
  if (relative) return relative[1] ? `now ${relative[1]} ${relative[2]}${relative[3]}` : "now";
  const found = MOMENT.exec(words);
  if (!found) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1)
    .map((part) => Number(part ?? 0));
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // A day or an hour that does not exist becomes another one.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59)
    return null;
  return fromPicker(date.toISOString().slice(0, 19), hasTime);
}

/** The value of the browser's own field for a moment; empty for one that is relative, or none. */
export function forPicker(value: string | null, hasTime: boolean): string {
  const text = value === null ? null : canonical(value, hasTime);
  return !text || text.startsWith("now") ? "" : text.replace(" ", "T");
}

/** The moment that was picked in the browser's own field. */
export function fromPicker(picked: string, hasTime: boolean): string {
  if (!picked) return "";
  const [day = "", time = "00:00:00"] = picked.split("T");
  return hasTime ? `${day} ${time.length === 5 ? `${time}:00` : time.slice(0, 8)}` : day;
}
