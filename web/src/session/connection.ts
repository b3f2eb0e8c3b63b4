/** The session's connection through the media worker: its secret, and the messages that wait for it. */

import type { ConnectionView } from "../states.ts";
import type { Cancel, Fire, SetValue } from "../wire/messages.ts";
import type { ToWorker } from "../workers/port.ts";

/** The most messages that wait for a session; a page without one for so long loses nothing but clicks. */
const MOST_WAITING = 100;

export class Connection {
  /** The last message of the server whose effects the page shows completely. */
  seen = 0;
  private readonly build: string;
  private readonly worker: Worker;
  private readonly show: (connection: ConnectionView) => void;
  /** The secret of the session that authorises uploads; null while there is none. */
  private secret: string | null = null;
  private waiting: (Fire | Cancel)[] = [];
  private readyWaiters: ((secret: string) => void)[] = [];

  /** `build` is the server's version that the page was made by. */
  constructor(build: string, worker: Worker, show: (connection: ConnectionView) => void) {
    this.build = build;
    this.worker = worker;
    this.show = show;
  }

  get isOpen(): boolean {
    return this.secret !== null;
  }

  /** True if a secret is still that of the session. */
  isCurrent(secret: string): boolean {
    return secret === this.secret;
  }

  /** Asks for a session; a worker that has one, or is about to, does nothing. */
  connect(): void {
    const url = new URL("ws", document.baseURI);
    url.search = location.search; // what handlers read as `request.query_params`
    url.protocol = url.protocol.replace("http", "ws");
    this.show({ state: "connecting", message: "" });
    this.post({ type: "connect", url: url.href, build: this.build, hidden: document.hidden });
  }

  /** There is a session: from now on messages are sent at once. */
  open(secret: string): void {
    this.secret = secret;
  }

  /** Sends the messages that waited for the session. */
  flush(): void {
    const secret = this.secret ?? "";
    for (const message of this.waiting.splice(0)) this.send(message);
    for (const ready of this.readyWaiters.splice(0)) ready(secret);
  }

  /** There is no session any more, and may be another one. */
  lose(): void {
    this.secret = null;
    this.seen = 0;
  }

  /** Resolves to the secret of the session, when there is one. */
  ready(): Promise<string> {
    if (this.secret !== null) return Promise.resolve(this.secret);
    return new Promise((resolve) => this.readyWaiters.push(resolve));
  }

  /** Sends edits at once or not at all, and returns which; everything else waits in order for a session. */
  send(message: SetValue | Fire | Cancel): boolean {
    if (this.secret !== null) this.post({ type: "send", message, seen: this.seen });
    else if (message.type !== "set" && this.waiting.length < MOST_WAITING) this.waiting.push(message);
    return this.secret !== null;
  }

  /** Withdraws waiting events that must not reach the next session. */
  drop(isUnwanted: (fire: Fire) => boolean): void {
    this.waiting = this.waiting.filter((message) => message.type !== "fire" || !isUnwanted(message));
  }

  post(message: ToWorker, transfer: Transferable[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  /** Reloads once per version of the server; if the page is still out of date after that, it says so. */
  reload(message: string): void {
    const key = "millstream-reloaded";
    const isDone = sessionStorage.getItem(key) === this.build;
    sessionStorage.setItem(key, this.build);
    if (!isDone) {
      location.reload();
      return;
    }
    this.post({ type: "bye" });
    this.show({ state: "refused", message });
  }
}
