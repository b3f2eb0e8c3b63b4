/** Files on their way to the server: those of one component one after the other, the newest in place of older ones. */

import type { FileValue } from "../manifest.ts";
import type { UploadView } from "../states.ts";
import { heard, t } from "../words.ts";
import type { PendingInput, PendingInputs } from "./pending_inputs.ts";

export interface UploadsEvents {
  /** Resolves to the secret of the session, when there is one. */
  ready(): Promise<string>;
  /** True if a secret is still that of the session. */
  isCurrent(secret: string): boolean;
  /** Converts a file for the component. Rejects with a sentence for the user. */
  prepare(component: number, file: File): Promise<File>;
  show(component: number, upload: UploadView | null): void;
  /** Resolves when no run that began after the upload may still write the component. */
  settled(component: number, since: number): Promise<void>;
  /** The server has a file. Rejects with `Unwanted` if the component takes no more files. */
  received(component: number, file: FileValue): Promise<void>;
  failed(component: number, message: string): void;
}

/** A broken link is noticed within so many milliseconds. */
const BREAK_MS = 500;

/** A file is sent again when its connection breaks; after so many times it is given up. */
const MOST_BREAKS = 5;

class BrokenConnection extends Error {}

/** A component takes no more files: it was hidden or disabled. The message is a sentence for the user. */
export class Unwanted extends Error {}

/** The upload of one component. */
interface Transfer {
  readonly component: number;
  /** The last run that began before it. */
  readonly since: number;
  readonly input: PendingInput;
  readonly files: Coming[];
  abort: AbortController;
  /** Times that its connection has broken. */
  breaks: number;
  /** The reason why it is incomplete, for events that waited for it; empty if it is complete. */
  refusal: string;
  /** It was superseded or withdrawn, and must not be shown any more. */
  isOver: boolean;
  done: Promise<boolean>;
}

/** A file, or one that is still being made: null if there is none; rejects with a sentence for the user if that fails. */
export type Coming = File | Promise<File | null>;

const MAKING: UploadView = { name: "recording", fraction: null };

export class Uploads {
  private readonly transfers = new Map<number, Transfer>();
  private readonly pending: PendingInputs;
  private readonly events: UploadsEvents;

  constructor(pending: PendingInputs, events: UploadsEvents) {
    this.pending = pending;
    this.events = events;
  }

  /**
   * Sends files, for a component that collects all of them, or has one.
   *
   * Resolves at the end, to whether the component got any; files that join an upload under way leave that to it.
   */
  send(component: number, files: readonly Coming[], collects: boolean, since: number): Promise<boolean> {
    const running = this.transfers.get(component);
    if (running && collects) {
      running.files.push(...files);
      return running.done.then(() => false);
    }
    const input = this.pending.begin(component, wordsOf("", null));
    if (running) this.end(running);
    const abort = new AbortController();
    const done = Promise.resolve(false);
    const transfer: Transfer = {
      component,
      since,
      input,
      files: [...files],
      abort,
      breaks: 0,
      refusal: "",
      isOver: false,
      done,
    };
    this.transfers.set(component, transfer);
    transfer.done = this.work(transfer);
    return transfer.done;
  }

  /** Sends one file that is to be no value of its component. Rejects with a sentence for the user. */
  async sendAlone(component: number, file: File): Promise<FileValue> {
    return upload(file, component, await this.events.ready());
  }

  /** The last run that began before the upload for a component; Infinity without an upload. */
  since(component: number): number {
    return this.transfers.get(component)?.since ?? Number.POSITIVE_INFINITY;
  }

  /** Something newer arrived, or the user cancelled: the upload under way must not appear any more. */
  withdraw(component: number, refusal = ""): void {
    const transfer = this.transfers.get(component);
    if (transfer) this.end(transfer, refusal);
  }

  /** The session is over; uploads under way continue in the next one. */
  restart(): void {
    for (const transfer of this.transfers.values()) transfer.abort.abort();
  }

  private async work(transfer: Transfer): Promise<boolean> {
    let isAny = false;
    for (let next = transfer.files[0]; next && !transfer.isOver; next = transfer.files[0]) {
      this.report(transfer, next instanceof Promise ? MAKING : { name: next.name, fraction: 0 });
      if (await this.sendAll(transfer, next)) isAny = true;
      transfer.files.shift();
    }
    if (transfer.isOver) return false;
    this.end(transfer, transfer.refusal);
    return isAny;
  }

  /** Sends one file, in the next session if need be; returns whether the component got it. */
  private async sendAll(transfer: Transfer, coming: Coming): Promise<boolean> {
    try {
      const file = await coming;
      while (file && !transfer.isOver) if (await this.sendOne(transfer, file)) return true;
    } catch (error) {
      if (transfer.isOver) return false;
      this.fail(transfer, error instanceof Error ? error.message : String(error));
      if (error instanceof Unwanted) this.end(transfer, transfer.refusal);
    }
    return false;
  }

  /** Says once that a file will not arrive: at an event that waits for it, or in a message of its own. */
  private fail(transfer: Transfer, message: string): void {
    transfer.refusal ||= t("This did not run: {reason}", { reason: heard(message) });
    if (!this.pending.fail(transfer.input, transfer.refusal)) this.events.failed(transfer.component, message);
  }

  /** Sends one file; false if it has to be sent again, or is no longer needed. */
  private async sendOne(transfer: Transfer, file: File): Promise<boolean> {
    const { component, since } = transfer;
    const { signal } = transfer.abort;
    let secret = "";
    try {
      const sent = await this.events.prepare(component, file);
      secret = await this.events.ready();
      const value = await upload(sent, component, secret, (progress) => this.report(transfer, progress), signal);
      await this.events.settled(component, since);
      if (transfer.isOver) return false;
      signal.throwIfAborted();
      await this.events.received(component, value);
      return true;
    } catch (error) {
      if (error instanceof BrokenConnection) await new Promise((resolve) => setTimeout(resolve, BREAK_MS));
      const isAgain = error instanceof BrokenConnection && ++transfer.breaks < MOST_BREAKS;
      const isSame = !signal.aborted && (!secret || this.events.isCurrent(secret));
      if (transfer.isOver || (isSame && !isAgain)) throw error;
      transfer.abort = new AbortController();
      return false;
    }
  }

  private report(transfer: Transfer, { name, fraction }: UploadView): void {
    if (transfer.isOver) return;
    const following = transfer.files.length - 1;
    this.events.show(transfer.component, following > 0 ? { name, fraction, following } : { name, fraction });
    this.pending.tell(transfer.input, wordsOf(name, fraction));
  }

  private end(transfer: Transfer, refusal = ""): void {
    const { component, input } = transfer;
    transfer.isOver = true;
    transfer.abort.abort();
    if (this.transfers.get(component) === transfer) this.transfers.delete(component);
    this.events.show(component, null);
    this.pending.end(input, refusal);
  }
}

/** "Waiting for the upload of cat.png, 40 %" */
function wordsOf(name: string, fraction: number | null): string {
  if (!name) return t("Waiting for the upload");
  return fraction
    ? t("Waiting for the upload of {name}, {percent} %", { name, percent: Math.floor(fraction * 100) })
    : t("Waiting for the upload of {name}", { name });
}

/** Uploads a file for a component, which checks it; resolves to its value. Rejects with a sentence for the user. */
export function upload(
  file: File,
  component: number,
  session: string,
  report: (upload: UploadView) => void = () => {},
  signal?: AbortSignal,
): Promise<FileValue> {
  return new Promise((resolve, reject) => {
    // fetch() reports no progress of an upload.
    const request = new XMLHttpRequest();
    request.open(
      "POST",
      new URL(`upload?component=${component}&name=${encodeURIComponent(file.name)}`, document.baseURI),
    );
    request.setRequestHeader("X-Millstream-Session", session);
    request.responseType = "json";
    request.upload.onprogress = ({ lengthComputable, loaded, total }) =>
      report({ name: file.name, fraction: lengthComputable ? loaded / total : null });
    request.onload = () => {
      if (request.status === 200) resolve(request.response as FileValue);
      else
        reject(
          new Error(
            request.response?.error ?? t("The server refused the file (status {status}).", { status: request.status }),
          ),
        );
    };
    request.onerror = () =>
      reject(
        new BrokenConnection(t("{name} could not be sent: the connection broke. Try again.", { name: file.name })),
      );
    request.onabort = () => reject(new DOMException("the upload was replaced by another", "AbortError"));
    signal?.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
