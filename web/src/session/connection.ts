/** The session's connection through the media worker: its secret, and the messages that wait for it. */

import type { ConnectionView } from "../states.ts";
import type { Cancel, Fire, SetValue } from "../wire/messages.ts";
import { t } from "../words.ts";
import type { ToWorker } from "../workers/port.ts";
import { type BegunWorker, HTTP_KEY } from "./begun_worker.ts";

/** The most events that wait for the session; more of them are refused, and whoever made them is told. */
const MOST_WAITING = 100;

/** A link that is back within this time was never gone, for the user. */
const UNNOTICED_MS = 500;

type SessionMessage = SetValue | Fire | Cancel;

export class Connection {
  /** The last message of the server whose effects the page shows completely. */
  seen = 0;
  /** True while the session can be reached. */
  isOpen = false;
  private readonly build: string;
  private readonly begun: Pick<BegunWorker, "worker" | "asked">;
  private readonly show: (connection: ConnectionView) => void;
  /** The secret of the session that authorises uploads; null while there is none. */
  private secret: string | null = null;
  private waiting: SessionMessage[] = [];
  private readyWaiters: ((secret: string) => void)[] = [];
  /** Its messages go over HTTP. */
  private isHttp: boolean;
  /** True until the page, for which the document has asked for a session, would do so by itself. */
  private isAsked = true;
  private notice: ReturnType<typeof setTimeout> | undefined;

  /** `build` is the server's version that the page was made by. */
  constructor(build: string, begun: Pick<BegunWorker, "worker" | "asked">, show: (connection: ConnectionView) => void) {
    this.build = build;
    this.begun = begun;
    this.isHttp = begun.asked.isHttp;
    this.show = show;
  }

  /** True if a secret is still that of the session. */
  isCurrent(secret: string): boolean {
    return secret === this.secret;
  }

  /** Asks for a session, or for the link to it; one that seems to work is tested. */
  connect(): void {
    if (this.secret === null) this.show({ state: "connecting", message: "" });
    const [{ asked }, { hidden }] = [this.begun, document];
    if (!this.isAsked) this.post({ ...asked, hidden, isHttp: this.isHttp });
    else if (asked.hidden !== hidden) this.post({ type: "visible", hidden });
    this.isAsked = false;
  }

  /** Remembers what carries the messages: the next page of this tab begins with it. */
  remember(isHttp: boolean): void {
    this.isHttp = isHttp;
    if (isHttp) sessionStorage.setItem(HTTP_KEY, "1");
    else sessionStorage.removeItem(HTTP_KEY);
  }

  /** The session can be reached: from now on messages are sent at once. */
  open(secret: string): void {
    this.secret = secret;
    this.isOpen = true;
  }

  /** Sends the messages that waited for the session, and says that it can be reached. */
  flush(): void {
    const secret = this.secret ?? "";
    for (const message of this.waiting.splice(0)) this.send(message);
    for (const ready of this.readyWaiters.splice(0)) ready(secret);
    this.tell({ state: "open", message: "" });
  }

  /** The link is lost, and the session goes on: what is for it waits. It is said only if that takes a while. */
  hold(): void {
    this.isOpen = false;
    const message = this.secret === null ? t("Connecting…") : t("Reconnecting…");
    this.notice ??= setTimeout(() => this.show({ state: "lost", message }), UNNOTICED_MS);
  }

  /** The server does not answer, or does again: the link is not lost yet, but what is shown is old. */
  doubt(isSilent: boolean): void {
    if (!this.isOpen) return;
    if (isSilent) this.show({ state: "lost", message: t("The app does not answer…") });
    else this.tell({ state: "open", message: "" });
  }

  /** The session is over; there may be another one. */
  lose(): void {
    this.secret = null;
    this.isOpen = false;
    this.seen = 0;
    this.waiting = this.waiting.filter(({ type }) => type !== "set");
  }

  /**
   * Says goodbye as the page is closed, after which nobody can be sure to do it: its worker ends with it.
   *
   * A WebSocket that is open tells the server by itself.
   */
  leave(): void {
    const { secret } = this;
    if (secret === null || (this.isOpen && !this.isHttp)) return;
    const headers = { "X-Millstream-Session": secret };
    void fetch(new URL("bye", document.baseURI), { method: "POST", headers, keepalive: true }).catch(() => {});
  }

  /** Says where the connection is. */
  tell(view: ConnectionView): void {
    clearTimeout(this.notice);
    this.notice = undefined;
    this.show(view);
  }

  /** Resolves to the secret of the session, when it can be reached. */
  ready(): Promise<string> {
    if (this.isOpen && this.secret !== null) return Promise.resolve(this.secret);
    return new Promise((resolve) => this.readyWaiters.push(resolve));
  }

  /**
   * Sends a message; while the session cannot be reached it waits, in order. False if it is not sent: an edit that takes
   * the place of another that waits, or that the next session gets at its beginning; an event beyond those that may wait.
   */
  send(message: SessionMessage): boolean {
    if (this.isOpen) this.post({ type: "send", message, seen: this.seen });
    else if (message.type === "set") return this.secret !== null && this.waitForEdit(message);
    else return this.wait(message);
    return true;
  }

  /** Lets an event wait until the page is served anew; false if too many do. */
  wait(message: Fire | Cancel): boolean {
    const isTaken = message.type === "cancel" || this.events < MOST_WAITING;
    if (isTaken) this.waiting.push(message);
    return isTaken;
  }

  /** Withdraws waiting events that must not reach the next session, and returns those that do. */
  drop(isUnwanted: (fire: Fire) => boolean): Fire[] {
    this.waiting = this.waiting.filter((message) => message.type !== "fire" || !isUnwanted(message));
    return this.waiting.filter((message) => message.type === "fire");
  }

  post(message: ToWorker, transfer: Transferable[] = []): void {
    this.begun.worker.postMessage(message, transfer);
  }

  /** Reloads once per version of the server; false if that was done, and the page is still out of date. */
  reload(): boolean {
    const key = "millstream-reloaded";
    const isDone = sessionStorage.getItem(key) === this.build;
    sessionStorage.setItem(key, this.build);
    if (!isDone) location.reload();
    return !isDone;
  }

  private get events(): number {
    return this.waiting.filter(({ type }) => type === "fire").length;
  }

  /** Lets an edit wait, in the place of one of the same component if no event has happened since; true if there is none. */
  private waitForEdit(edit: SetValue): boolean {
    const since = this.waiting.findLastIndex(({ type }) => type !== "set") + 1;
    const before = this.waiting.findIndex(
      (each, at) => at >= since && each.type === "set" && each.component === edit.component,
    );
    if (before >= 0) this.waiting[before] = edit;
    else this.waiting.push(edit);
    return before < 0;
  }
}
