/** Files that a script of a template has uploaded, as the script sees them. */

import type { FileValue } from "../../manifest.ts";

/** `path` stands for the file in values and in arguments of server functions; `url` is its address in the page. */
export interface SentFile {
  path: string;
  url: string;
  orig_name: string;
  mime_type: string;
  size: number | null;
}

export function sentFile({ file, name, type, size }: FileValue): SentFile {
  const url = new URL(`file/${file}`, document.baseURI).href;
  return { path: file, url, orig_name: name, mime_type: type, size: size ?? null };
}
