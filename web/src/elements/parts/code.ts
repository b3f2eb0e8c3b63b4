/** The button that copies a block of code: it came with the HTML of the text around it. */

import { copyText } from "./clipboard.ts";

const COPIED_MS = 1500;

/** Copies the code whose button was clicked, and says so; any other click is none of its business. */
export async function copyCode(event: Event): Promise<void> {
  const button = (event.target as Element).closest<HTMLElement>(".ms-copy-code");
  const code = button?.closest(".ms-code")?.querySelector("code")?.textContent;
  if (!button || code == null) return;
  if (!(await copyText(code))) return;
  button.textContent = "Copied";
  setTimeout(() => {
    button.textContent = "Copy";
  }, COPIED_MS);
}
