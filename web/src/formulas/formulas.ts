/**
 * Typesets formulas with KaTeX: a script of its own, loaded with the first formula.
 *
 * Formulas come from anybody. They run nothing and load nothing (see `refuse`), and are bounded: by the server in
 * length, here in the expansions of their macros and in what one task of the page may take.
 */
import katex, { type KatexOptions } from "katex";
import "katex/dist/katex.css";

/** A task's share of formulas; those left over follow in the next ones. */
const SLICE_MS = 12;
/** The most characters of a formula; the server sends no longer ones. */
const MOST_CHARACTERS = 4100;
/** The most tokens that the macros which a formula defines itself may make. */
const MOST_TOKENS = 10_000;
/** The most expansions of macros in a formula that defines none: those of KaTeX are short. */
const MOST_EXPANSIONS = 1000;
/** The largest length that a formula may ask for, in em. */
const LARGEST_EM = 50;
const DEFINITION = /\\(?:[gex]?def|let|futurelet|(?:re)?newcommand|providecommand|global|long)(?![a-zA-Z])/;

let left: HTMLElement[] = [];

/** Typesets formulas: the first ones at once, so that a text which grows is never painted with their sources. */
export function typeset(formulas: readonly HTMLElement[]): void {
  const isIdle = left.length === 0;
  left.push(...formulas);
  if (isIdle) slice();
}

function slice(): void {
  const begun = performance.now();
  let at = 0;
  for (; at < left.length && performance.now() - begun < SLICE_MS; at++) typesetOne(left[at] as HTMLElement);
  left = left.slice(at);
  if (left.length > 0) setTimeout(slice, 0);
}

/** Typesets one; what is no formula stays as it is written, and says why. */
function typesetOne(element: HTMLElement): void {
  const source = element.textContent ?? "";
  if (element.dataset.source !== undefined) return;
  element.dataset.source = source;
  const [before = 0, after = 0] = (element.dataset.cut ?? "").split(" ").map(Number);
  try {
    if (source.length > MOST_CHARACTERS) throw new Error("The formula is too long.");
    katex.render(source.slice(before, source.length - after), element, options(source, "display" in element.dataset));
  } catch (error) {
    element.textContent = source;
    element.dataset.unfit = "";
    element.title = error instanceof Error ? error.message.slice(0, 200) : "";
  }
}

/** Commands that could run, load or mark something: the formula is shown as it is written. */
function refuse({ command }: { command: string }): never {
  throw new Error(`${command} is not allowed here.`);
}

function options(source: string, displayMode: boolean): KatexOptions {
  const maxExpand = DEFINITION.test(source) ? Math.floor(MOST_TOKENS / source.length) : MOST_EXPANSIONS;
  return { displayMode, throwOnError: true, trust: refuse, strict: "ignore", maxSize: LARGEST_EM, maxExpand };
}
