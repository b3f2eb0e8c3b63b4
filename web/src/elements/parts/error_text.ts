/** The text of an error. What a developer reads of it ends with the line of code, as a link to it. */
import { html, type TemplateResult } from "lit";
import { heard } from "../../words.ts";
import { copyText } from "./clipboard.ts";
import { icon } from "./icons.ts";

/** The last two lines of a text for the developer: the place in words, and its `path:line`. */
const PLACE = /\n([^\n]+)\n((?:\/|[A-Za-z]:\\)[^\n]+:\d+)$/;
/** Only who has the file can open it: the server says where it is to nobody else, and nobody else's text becomes a link. */
const LOCAL = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** The text in the reader's language, if it is the server's; its last lines become a link to the developer's code. */
export function errorText(text: string): TemplateResult | string {
  const found = LOCAL.test(location.hostname) ? PLACE.exec(text) : null;
  if (!found) return heard(text);
  const [whole, words, address] = found as unknown as [string, string, string];
  const copy = ({ currentTarget }: Event): void => void confirm(currentTarget as HTMLElement, address);
  return html`${text.slice(0, -whole.length)}\n<a class="ms-place" href=${editorLink(address)} title="Open ${address} in Visual Studio Code">${words}</a> <button class="ms-place-copy" type="button" title="Copy ${address}" @click=${copy}>${icon("copy")}<span class="ms-sr">Copy path and line</span></button>`;
}

/** The address by which an editor opens a line of a file: `vscode://file/srv/app.py:12`. */
function editorLink(address: string): string {
  const path = address.replaceAll("\\", "/").replace(/^\//, "");
  return `vscode://file/${path.split("/").map(encodeURIComponent).join("/").replaceAll("%3A", ":")}`;
}

/** Copies, and shows that it has for a moment. */
async function confirm(button: HTMLElement, address: string): Promise<void> {
  if (!(await copyText(address))) return;
  button.dataset["copied"] = "";
  setTimeout(() => delete button.dataset["copied"], 1_500);
}
