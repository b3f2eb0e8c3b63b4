/** The life of the page's sessions: one begins, is out of reach, goes on, gives way to another one, is refused, is left. */

import type { Manifest } from "../manifest.ts";
import type { Refuse } from "../wire/messages.ts";
import { heard } from "../words.ts";
import type { FromWorkerOf } from "../workers/port.ts";
import type { Connection } from "./connection.ts";
import { keepEdits, takeEdits } from "./kept_edits.ts";
import type { Players } from "./players.ts";
import type { Recordings } from "./recordings.ts";
import type { Renders } from "./renders.ts";
import type { Runs } from "./runs.ts";
import { DROPPED, ELSEWHERE, LOST, OUTDATED, RELOADED, startedOver } from "./sentences.ts";
import type { Store } from "./store.ts";
import type { Uploads } from "./uploads.ts";
import type { Values } from "./values.ts";

/** All that a session consists of in the page. */
export interface SessionParts {
  manifest: Manifest;
  store: Store;
  connection: Connection;
  values: Values;
  runs: Runs;
  uploads: Uploads;
  players: Players;
  recordings: Recordings;
  renders: Renders;
}

export interface LifeEvents {
  /** The page has its first session. */
  began(): void;
  /** Says something that the user should not miss; it went wrong if `isFailure`. */
  say(message: string, isFailure?: boolean): void;
}

export class Life {
  private readonly parts: SessionParts;
  private readonly events: LifeEvents;
  /** True once there has been a session. */
  hasBegun = false;
  /** The edits outlast a reload of the page. */
  private keepsEdits = false;
  /** Another page has the session. */
  private isReplaced = false;

  constructor(parts: SessionParts, events: LifeEvents) {
    this.parts = parts;
    this.events = events;
  }

  /** Asks for a session; what the user had entered before a reload of the page is there again. */
  start(): void {
    const { edits, hasFiles } = takeEdits(this.parts.manifest);
    for (const [component, value] of edits) this.parts.values.write(component, value);
    if (hasFiles) this.events.say(RELOADED);
    this.parts.connection.connect();
  }

  /** The server serves the page: in its session, or in a new one. */
  welcome({ session, build, isResumed }: FromWorkerOf<"welcome">): void {
    const { manifest, connection, values, recordings } = this.parts;
    if (build !== manifest.build) {
      this.outdate();
      return;
    }
    const isFirst = !this.hasBegun;
    this.hasBegun = true;
    const renewed = isResumed || isFirst ? null : this.renew();
    connection.open(session);
    if (!isResumed) values.restore();
    connection.flush();
    if (isResumed) recordings.resume();
    renewed?.();
    if (isFirst) this.events.began();
  }

  /** The session cannot be reached: it goes on, and so does the page. */
  lose(): void {
    this.parts.connection.hold();
  }

  /** The server does not serve the page, now or any more. */
  refuse({ code, message }: Refuse): void {
    if (code === "version") this.outdate();
    else this.parts.connection.tell({ state: "refused", message: heard(message) });
    if (code === "login") this.end();
  }

  /** The session goes on in another page, which is left to it: there is one more only if this one is loaded again. */
  giveWay(): void {
    this.end();
    this.keepsEdits = this.isReplaced = true;
    this.parts.connection.tell({ state: "refused", message: ELSEWHERE });
  }

  /** The page is left, and may be brought back. */
  rest(): void {
    const { manifest, store, connection, recordings } = this.parts;
    if (this.keepsEdits) keepEdits(manifest, store);
    recordings.rest();
    connection.post({ type: "suspend" });
  }

  /** The page is there again, or the network is another one. */
  wake(): void {
    if (this.isReplaced) return;
    this.parts.recordings.wake();
    this.parts.connection.connect();
  }

  /** The page is left for good. */
  leave(): void {
    const { manifest, store, connection, recordings, runs } = this.parts;
    if (this.keepsEdits) keepEdits(manifest, store);
    connection.leave();
    connection.lose();
    recordings.clear(null);
    runs.clear();
    runs.abandon();
    connection.post({ type: "bye" });
  }

  /** Another session begins, which knows nothing of the one before; what is returned goes on in it, and says what was lost. */
  private renew(): () => void {
    const { store, connection, values, runs, recordings, renders } = this.parts;
    renders.retire();
    const isUsed = runs.last > 0 || recordings.opened > 0;
    const has = { edits: store.hasEdits, files: store.hasFiles };
    this.clear();
    const dropped = values.renew();
    runs.held.refuse(dropped, DROPPED);
    let isLost = false;
    const later = connection.drop((fire) => {
      const needsFile = runs.held.needs(fire.binding, dropped);
      isLost ||= needsFile;
      return needsFile || !runs.bindings.has(fire.binding) || !store.isShown(runs.source(fire));
    });
    runs.abandon(later);
    if (isLost) this.events.say(DROPPED, true);
    return () => {
      const recording = recordings.renew(LOST);
      if (isUsed) this.events.say(startedOver({ ...has, recording }));
    };
  }

  /** The app is another one than the page was made for: a page that is in use is left to its user, who reloads it. */
  private outdate(): void {
    const { connection, manifest } = this.parts;
    this.end();
    connection.post({ type: "bye" });
    this.keepsEdits = true;
    const mayReload = !this.hasBegun || manifest.reloads;
    if (!mayReload || !connection.reload()) connection.tell({ state: "refused", message: OUTDATED });
  }

  private end(): void {
    const { connection, recordings, runs } = this.parts;
    this.clear();
    connection.drop(() => true);
    runs.abandon();
    recordings.clear(null);
  }

  private clear(): void {
    const { connection, players, uploads, runs } = this.parts;
    connection.lose();
    players.clear();
    uploads.restart();
    runs.clear();
  }
}
