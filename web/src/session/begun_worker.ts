/**
 * The media worker: the document's first script begins it, so that it starts and connects while the page is read and
 * built. What it says meanwhile waits.
 */
import type { FromWorker, ToWorkerOf } from "../workers/port.ts";
import type { MessagesInOrder } from "./messages_in_order.ts";

declare global {
  interface Window {
    millstreamWorker: BegunWorker;
  }
}

export interface BegunWorker {
  readonly worker: Worker;
  /** The request for a session that it was given. */
  readonly asked: ToWorkerOf<"connect">;
  /** Its messages that nobody has heard yet. */
  readonly said: FromWorker[];
  /** Its script could not be loaded, or threw an error. */
  hasFailed: boolean;
}

/** In the tab's storage: its messages go over HTTP, since WebSockets are blocked. */
export const HTTP_KEY = "millstream-http";

/** Starts the worker and asks it to connect. `build` is the server's version that the page was made by. */
export function beginWorker(address: string, build: string): BegunWorker {
  const url = new URL("ws", document.baseURI);
  url.search = location.search; // what handlers read as `request.query_params`
  url.protocol = url.protocol.replace("http", "ws");
  const isHttp = sessionStorage.getItem(HTTP_KEY) !== null;
  const asked = { type: "connect", url: url.href, build, hidden: document.hidden, isHttp } as const;
  const worker = new Worker(new URL(address, document.baseURI), { type: "module" });
  const begun: BegunWorker = { worker, asked, said: [], hasFailed: false };
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => void begun.said.push(data);
  worker.onerror = () => {
    begun.hasFailed = true;
  };
  worker.postMessage(asked);
  return begun;
}

/** Leaves what the worker says to `messages` from now on, beginning with what it has said so far. */
export function hearWorker(begun: BegunWorker, messages: Pick<MessagesInOrder, "take">, failed: () => void): void {
  begun.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => messages.take(data);
  begun.worker.onerror = failed;
  for (const message of begun.said.splice(0)) messages.take(message);
  if (begun.hasFailed) failed();
}
