/** A file on its way to the server, where more of them can be added. */
import { html, nothing, type TemplateResult } from "lit";
import type { UploadView } from "../../states.ts";
import { t } from "../../words.ts";
import { styled } from "./styled.ts";

export function sending({ name, fraction }: UploadView): TemplateResult {
  const percent = fraction === null ? nothing : Math.floor(fraction * 100);
  return html`<div class="ms-door">
    <span>${t("Uploading {name}", { name })}</span>
    <div class="ms-rail" role="progressbar" aria-label=${t("Uploading {name}", { name })} aria-valuenow=${percent}>
      <i ${styled({ "--ms-part": fraction ?? 0 })}></i>
    </div>
  </div>`;
}
