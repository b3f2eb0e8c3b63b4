/** Whose turn it is in a conversation, at the microphone. */
import { html, nothing, type TemplateResult } from "lit";
import type { StreamView, Talk } from "../../shell/view.ts";

const WORDS: { [talk in Talk]: string } = {
  listening: "Listening",
  awake: "Go ahead",
  hearing: "Hearing you",
  thinking: "Thinking",
  answering: "Answering",
};

/** A chip with a dot; nothing for a recording that takes no turns. */
export function talkChip({ state, talk }: StreamView): TemplateResult | typeof nothing {
  if (state !== "running" || !talk) return nothing;
  return html`<span class="ms-chip ms-talk" role="status" data-talk=${talk}><i aria-hidden="true"></i>${WORDS[talk]}</span>`;
}
