/** The figures of the latency in words and shapes. Pure. */

import type { LatencyParts, LatencyView } from "../playback/latency_view.ts";

/** Where a part of the way is. */
export type Where = "browser" | "network" | "server";

/** Each part of the way, in order, by the name that people read. */
export const PARTS: readonly { part: keyof LatencyParts; name: string; where: Where }[] = [
  { part: "capture", name: "Capture", where: "browser" },
  { part: "encode", name: "Encode", where: "browser" },
  { part: "up", name: "Way up", where: "network" },
  { part: "wait", name: "Wait", where: "server" },
  { part: "handler", name: "Handler", where: "server" },
  { part: "answer", name: "Encode result", where: "server" },
  { part: "down", name: "Way down", where: "network" },
  { part: "decode", name: "Decode", where: "browser" },
  { part: "screen", name: "Screen", where: "browser" },
];

/** The causes of drops, in the words of the panel; a cause of a later version has its own word. */
const CAUSES: Record<string, string> = {
  superseded: "in the queue",
  unsent: "before sending",
  broken: "undecodable",
  stale: "too old",
  late: "too late to show",
  unshown: "undecodable here",
};

/** The part's place in the mean age: its start and its length, as fractions of the whole. */
export interface Stretch {
  from: number;
  part: number;
}

export function stretches(parts: LatencyParts): Record<keyof LatencyParts, Stretch> {
  const whole = total(parts) || 1;
  let from = 0;
  const placed = PARTS.map(({ part }): [keyof LatencyParts, Stretch] => {
    const stretch = { from: from / whole, part: parts[part] / whole };
    from += parts[part];
    return [part, stretch];
  });
  return Object.fromEntries(placed) as Record<keyof LatencyParts, Stretch>;
}

/** The mean age, which is all parts together. */
export function total(parts: LatencyParts): number {
  return PARTS.reduce((sum, { part }) => sum + parts[part], 0);
}

/** "34", "3.4", or a dash for what is unknown. */
export function milliseconds(value: number | null): string {
  if (value === null) return "–";
  return value < 9.95 ? value.toFixed(1) : String(Math.round(value));
}

/** "5.1 Mbit/s", "320 kbit/s". */
export function bitRate(bitsPerS: number): string {
  return bitsPerS >= 999_500 ? `${(bitsPerS / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bitsPerS / 1e3)} kbit/s`;
}

const AUDIO_PARTS: ReadonlySet<keyof LatencyParts> = new Set(["capture", "up", "wait", "handler"]);

/** The parts that a view has: audio that is handled is neither encoded again, nor shown. */
export function partsOf({ backlogS }: LatencyView): typeof PARTS {
  return backlogS === null ? PARTS : PARTS.filter(({ part }) => AUDIO_PARTS.has(part));
}

/** "none", "3 in the queue, 1 undecodable". */
export function drops(dropped: LatencyView["dropped"]): string {
  const counted = Object.entries(dropped).filter(([, count]) => count > 0);
  return counted.map(([cause, count]) => `${count} ${CAUSES[cause] ?? cause}`).join(", ") || "none";
}

/** Codecs whose names on the wire are not those that people know. */
const CODECS: Record<string, string> = { H264: "H.264", OVERLAY: "marks", PCM16: "PCM", OPUS: "Opus" };

/** "JPEG" for both ways, else "H.264 up, marks down". */
export function codecs(names: LatencyView["codecs"]): string {
  const [up, down] = names.map((name) => CODECS[name] ?? name);
  if (up === down || !up || !down) return up || down || "–";
  return `${up} up, ${down} down`;
}

/** The least and the most of the ages that are known; null if none is. */
export function range(ages: readonly (number | null)[]): [number, number] | null {
  const known = ages.filter((age) => age !== null);
  return known.length > 0 ? [Math.min(...known), Math.max(...known)] : null;
}

/** The line through the last ages, as an SVG path in a box of 100 by 100; where no frame came it is broken. */
export function line(ages: readonly (number | null)[], most: number): string {
  const top = 1.1 * (range(ages)?.[1] ?? 1);
  const step = 100 / (most - 1);
  let isDrawing = false;
  return ages
    .map((age, at) => {
      const x = 100 - (ages.length - 1 - at) * step;
      const command =
        age === null ? "" : `${isDrawing ? "L" : "M"}${x.toFixed(1)} ${(100 - (100 * age) / top).toFixed(1)}`;
      isDrawing = age !== null;
      return command;
    })
    .join("");
}
