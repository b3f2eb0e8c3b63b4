/** Shows a part of the page on the whole screen, with a button that says how to leave it. */
import { html, render, type TemplateResult } from "lit";
import { t } from "../../words.ts";
import { icon } from "./icons.ts";

/** The tool that fills the screen with what `shown` gives, and leaves it; none where the browser does not allow it. */
export function fullscreenTool(shown: () => Element | null, kind = ""): TemplateResult[] {
  if (!document.fullscreenEnabled) return [];
  const press = (): void => void toggle(shown());
  const tool = html`<button class="ms-tool ms-enlarge ${kind}" type="button" title=${t("Fullscreen")} @click=${press}>
    ${icon("fullscreen")}${icon("exit")}<span class="ms-sr">${t("Fullscreen")}</span>
  </button>`;
  return [tool];
}

async function toggle(shown: Element | null): Promise<void> {
  if (document.fullscreenElement) return document.exitFullscreen();
  if (!shown) return;
  await shown.requestFullscreen();
  const leave = leaveButton();
  shown.append(leave);
  const end = (): void => {
    if (document.fullscreenElement === shown) return;
    document.removeEventListener("fullscreenchange", end);
    leave.remove();
  };
  document.addEventListener("fullscreenchange", end);
}

/** Fades after a while where there is a keyboard, whose Escape it names; stays where there may be none. */
function leaveButton(): HTMLButtonElement {
  const button = document.createElement("button");
  button.className = "ms-leave";
  button.type = "button";
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    void document.exitFullscreen();
  });
  render(html`${icon("exit")}<span>${t("Leave fullscreen")}</span><kbd>${t("Esc")}</kbd>`, button);
  return button;
}
