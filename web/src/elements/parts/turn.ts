/** The state of a conversation, shown at the microphone. */
import { html, nothing, type TemplateResult } from "lit";
import type { StreamView, TurnPhase } from "../../states.ts";
import { t } from "../../words.ts";

const WORDS: { [turn in TurnPhase]: string } = {
  listening: t("Listening"),
  awake: t("Go ahead"),
  hearing: t("Hearing you"),
  thinking: t("Thinking"),
  answering: t("Answering"),
};

/** A chip with a dot; nothing for a recording that takes no turns. */
export function turnChip({ state, turn }: StreamView): TemplateResult | typeof nothing {
  if (state !== "running" || !turn) return nothing;
  return html`<span class="ms-chip ms-turn-chip" role="status" data-turn=${turn}><i aria-hidden="true"></i>${WORDS[turn]}</span>`;
}
