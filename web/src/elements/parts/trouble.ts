/** The panel with an error, in the frame where it happened, with one remedy. Record below it starts again. */
import { html, nothing, type TemplateResult } from "lit";
import type { Trouble, TroubleCode } from "../../states.ts";
import { errorText } from "./error_text.ts";
import { type IconName, icon } from "./icons.ts";
import { focusable } from "./media_frame.ts";
import "./secure_link.ts";

const ICONS: { [code in TroubleCode]: IconName } = {
  refused: "lock",
  insecure: "lock",
  missing: "camera-off",
  busy: "camera-off",
  unplugged: "unplugged",
  full: "warning",
  behind: "warning",
  lost: "offline",
  failed: "error",
  notice: "info",
};

export function troublePanel(trouble: Trouble, medium: "camera" | "microphone"): TemplateResult {
  const name = ICONS[trouble.code];
  const drawn = medium === "microphone" && name === "camera-off" ? "microphone-off" : name;
  return html`<div class="ms-veil ms-trouble" role="alert" data-code=${trouble.code}>
    ${icon(drawn)}
    <p tabindex=${focusable(trouble.message)}>${errorText(trouble.message)} ${trouble.code === "insecure" ? html`<ms-secure></ms-secure>` : nothing}</p>
  </div>`;
}
