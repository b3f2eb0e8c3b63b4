/** Formulas in HTML from the server: spans with their source, which the page's script for formulas typesets. */
import { emit, TYPESET } from "../../constants.ts";

/** The most formulas of one text that are typeset; further ones stay as they are written. */
const MOST = 2000;

/** Asks for the formulas in freshly shown HTML that are not typeset yet. */
export function askFormulas(text: Element): void {
  const fresh = [...text.querySelectorAll<HTMLElement>(".ms-formula[data-cut]")].slice(0, MOST);
  const formulas = fresh.filter((one) => one.dataset.source === undefined);
  if (formulas.length > 0) emit(text, TYPESET, { formulas });
}

/** True if `known` is the typeset form of the formula that `fresh` has as source: it is left alone. */
export function isSameFormula(known: Node, fresh: Node): boolean {
  if (!(known instanceof HTMLElement && fresh instanceof HTMLElement && "cut" in fresh.dataset)) return false;
  const { source, cut, display } = known.dataset;
  return source === fresh.textContent && cut === fresh.dataset.cut && display === fresh.dataset.display;
}
