/** Files on their way to the server. */

import type { FileValue } from "../manifest.ts";
import type { UploadView } from "../view.ts";

/** Uploads a file into the session; resolves to the value that stands for it. Rejects with a sentence for the user. */
export function upload(
  file: File,
  session: string,
  report: (upload: UploadView) => void,
  signal: AbortSignal,
): Promise<FileValue> {
  return new Promise((resolve, reject) => {
    // fetch() cannot tell how far an upload is.
    const request = new XMLHttpRequest();
    request.open("POST", new URL(`upload?name=${encodeURIComponent(file.name)}`, document.baseURI));
    request.setRequestHeader("X-Millstream-Session", session);
    request.responseType = "json";
    request.upload.onprogress = ({ lengthComputable, loaded, total }) =>
      report({ name: file.name, fraction: lengthComputable ? loaded / total : null });
    request.onload = () => {
      if (request.status === 200) resolve(request.response as FileValue);
      else reject(new Error(request.response?.error ?? `The server refused the file (status ${request.status}).`));
    };
    request.onerror = () => reject(new Error(`${file.name} could not be sent: the connection broke. Try again.`));
    request.onabort = () => reject(new DOMException("the upload was replaced by another", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
