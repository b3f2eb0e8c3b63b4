/** A text in stretches with labels: their colours, and what becomes of them when a part gets a label. */

/** A stretch as the server and scripts have it: a label, a score from -1 to 1, or neither. */
export interface LabelledStretch {
  token: string;
  class_or_confidence: string | number | null;
}

/** The colours of labels, in the order in which they come: those of Okabe and Ito, which anybody can tell apart. */
const PALETTE = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2"];
/** Scores: above and below zero. */
const SCORES = ["#e69f00", "#0072b2"] as const;

/** The labels of a text, each once, in the order in which they come. */
export function labelsOf(stretches: readonly LabelledStretch[]): string[] {
  const labels = stretches.map(({ class_or_confidence: label }) => label).filter((label) => typeof label === "string");
  return [...new Set(labels)].filter((label) => label !== "");
}

/** A colour for each label: the app's, or one of the palette. */
export function colorsOf(labels: readonly string[], map: Readonly<Record<string, string>>): Map<string, string> {
  let at = 0;
  return new Map(labels.map((label) => [label, map[label] ?? (PALETTE[at++ % PALETTE.length] as string)]));
}

/** The colour of a stretch, and its strength from 0 to 1; null for one without a label. */
export function tintOf(label: string | number | null, colors: ReadonlyMap<string, string>): [string, number] | null {
  if (typeof label === "number") return [SCORES[label < 0 ? 1 : 0], Math.min(1, Math.abs(label))];
  return label ? [colors.get(label) ?? (PALETTE[0] as string), 1] : null;
}

/** The stretches after the characters from `start` to `end` got a label, or lost it if that is null. */
export function relabelled(
  stretches: readonly LabelledStretch[],
  start: number,
  end: number,
  label: string | null,
): LabelledStretch[] {
  const parts: LabelledStretch[] = [];
  const add = (token: string, kept: string | number | null): void => {
    if (!token) return;
    const last = parts.at(-1);
    // Neighbours without a label are one text; two that have the same label may be two things.
    if (last && last.class_or_confidence === null && kept === null) last.token += token;
    else parts.push({ token, class_or_confidence: kept });
  };
  let at = 0;
  let isPlaced = false;
  const text = stretches.map(({ token }) => token).join("");
  for (const { token, class_or_confidence: kept } of stretches) {
    const [from, to] = [at, at + token.length];
    at = to;
    if (to <= start || from >= end) {
      add(token, kept);
      continue;
    }
    add(token.slice(0, Math.max(0, start - from)), kept);
    if (!isPlaced) add(text.slice(start, end), label);
    isPlaced = true;
    add(token.slice(Math.max(0, end - from)), kept);
  }
  return parts;
}

/** The word at, or the next one after, a position in a text: where it begins and ends. */
export function wordAt(text: string, at: number, step: 1 | -1): [start: number, end: number] | null {
  const words = [...text.matchAll(/[\p{L}\p{N}\p{M}_'’-]+|[^\s\p{L}\p{N}]/gu)].map((word): [number, number] => [
    word.index,
    word.index + word[0].length,
  ]);
  if (step > 0) return words.find(([start]) => start >= at) ?? null;
  return words.findLast(([, end]) => end <= at) ?? null;
}
