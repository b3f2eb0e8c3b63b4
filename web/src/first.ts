/** The document's first script, inline before its style sheets: the media worker starts and connects while the rest is read. */
import { beginWorker } from "./session/begun_worker.ts";

const { worker = "", build = "" } = (document.currentScript as HTMLScriptElement).dataset;
window.millstreamWorker = beginWorker(worker, build);
