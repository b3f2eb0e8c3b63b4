/** A fieldset of options, each with its own box: what radio buttons and groups of checkboxes have in common. */
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";

export type Choice = readonly [label: string, value: unknown];

export interface Options {
  kind: "radio" | "checkbox";
  name: string;
  /** Ids of the notes. */
  described: string | typeof nothing;
  /** Shown above the options; null if only assistive technology gets it. */
  legend: string | null;
  label: string;
  choices: readonly Choice[];
  interactive: boolean;
  rtl?: boolean | undefined;
  isChosen: (value: unknown) => boolean;
  pick: (index: number, checked: boolean) => void;
}

export function options(set: Options): TemplateResult {
  return html`<fieldset
    class="ms-set" ?disabled=${!set.interactive} aria-describedby=${set.described}
    aria-label=${set.legend === null ? set.label : nothing} role=${set.kind === "radio" ? "radiogroup" : "group"}
  >
    ${set.legend === null ? nothing : html`<legend class="ms-caption">${set.legend}</legend>`}
    <div class="ms-options" dir=${set.rtl ? "rtl" : nothing}>${set.choices.map((choice, index) => option(set, choice, index))}</div>
  </fieldset>`;
}

function option(set: Options, [label, value]: Choice, index: number): TemplateResult {
  const picked = (event: Event): void => set.pick(index, (event.target as HTMLInputElement).checked);
  return html`<label class="ms-option">
    <input type=${set.kind} name=${set.name} .checked=${live(set.isChosen(value))} @change=${picked} />
    <span>${label}</span>
  </label>`;
}
