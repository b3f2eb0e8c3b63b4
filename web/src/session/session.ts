/**
 * The page's side of a session: handles the events of elements, keeps the data that they show, and talks to the media worker.
 *
 * Elements and session never meet: events come up to the root (`constants.ts`), data goes down through a `View`.
 */

import {
  CANCEL,
  DEVICE,
  EDIT,
  FIRE,
  type FireDetail,
  LISTEN,
  listen,
  RECORD,
  type RecordDetail,
  UPLOAD,
  WATCH,
} from "../constants.ts";
import type { FileValue, Manifest, Props } from "../manifest.ts";
import { asWav } from "../media/wav.ts";
import { DEVICE_RATE_HZ } from "../playback/speakers.ts";
import type { View } from "../shell/view.ts";
import { isEnglish, spoken, t } from "../words.ts";
import type { FromWorker, FromWorkerOf } from "../workers/port.ts";
import { type BegunWorker, hearWorker } from "./begun_worker.ts";
import { streamsOf } from "./binding_inputs.ts";
import type { ClipFile } from "./captures.ts";
import { Connection } from "./connection.ts";
import { Images } from "./images.ts";
import { Life } from "./life.ts";
import { MessagesInOrder } from "./messages_in_order.ts";
import { watchPage } from "./page_lifecycle.ts";
import { PendingInputs } from "./pending_inputs.ts";
import { Players } from "./players.ts";
import { Recordings } from "./recordings.ts";
import { Renders } from "./renders.ts";
import { Runs, silentRun, streamRun } from "./runs.ts";
import { Scripts } from "./scripts.ts";
import { isEmpty, RECORDING, TOO_LARGE, WITHDRAWN } from "./sentences.ts";
import { Store } from "./store.ts";
import { type Coming, Unwanted, Uploads } from "./uploads.ts";
import { Values } from "./values.ts";

/** The time in which a note can be read; in a tab that is not in front it stays. */
const NOTE_S = 15;

export class Session {
  private readonly manifest: Manifest;
  private readonly root: EventTarget;
  private readonly view: View;
  private readonly store: Store;
  private readonly begun: BegunWorker;
  private readonly connection: Connection;
  private readonly pending = new PendingInputs((component, refusal) => this.runs.held.review(component, refusal));
  private readonly values: Values;
  private readonly images: Images;
  private readonly players: Players;
  private readonly scripts: Scripts;
  private readonly runs: Runs;
  private readonly uploads: Uploads;
  private readonly recordings: Recordings;
  private readonly renders: Renders;
  private readonly life: Life;
  private readonly endings: (() => void)[] = [];
  /** Makes values of files that are on their way, for components whose value is more than a file. */
  private readonly placing = new Map<number, (file: FileValue) => unknown>();
  /** The handler of each message of the worker. */
  private readonly handlers: { [Type in FromWorker["type"]]: (message: FromWorkerOf<Type>) => void } = {
    welcome: (message) => this.life.welcome(message),
    refused: ({ refuse }) => this.life.refuse(refuse),
    replaced: () => this.life.giveWay(),
    lost: () => this.life.lose(),
    transport: ({ isHttp }) => this.connection.remember(isHttp),
    sent: ({ component, seq }) => this.values.confirm(component, seq),
    apply: (message) => {
      this.connection.seen = message.upTo ?? 0;
      this.values.apply(message);
    },
    streaming: ({ component, stream }) => {
      if (!this.recordings.isReplaced(component, stream)) this.images.stream(component);
    },
    described: ({ component, words }) => this.images.describe(component, words),
    state: ({ state, deadlinePageUs }) => this.recordings.update(state, deadlinePageUs),
    broken: (message) => this.recordings.break(message),
    turn: ({ turn }) => this.recordings.turn(turn),
    unanswered: (silence) => {
      const binding = this.recordings.bindingOf(silence.stream);
      if (binding) this.view.setRun(silentRun(binding, silence));
    },
    silent: ({ isSilent }) => this.connection.doubt(isSilent),
    run: ({ state }) => this.runs.update(state),
    progress: ({ progress }) => this.runs.advance(progress),
    toast: ({ toast: { level, title, message, duration_s: durationS, count } }) =>
      this.view.toast({ level, title, message, durationS, count: count ?? 1 }),
    rendered: ({ rendered }) => this.renders.show(rendered),
    script: ({ script }) => {
      const binding = this.runs.binding(script.binding);
      if (binding) void this.scripts.serve(binding, script.inputs);
    },
    toolarge: ({ message }) => {
      if (message.type === "set") this.values.confirm(message.component, 0);
      message.type === "fire" ? this.runs.refuse(message, TOO_LARGE) : this.fail(TOO_LARGE);
    },
    level: ({ component, level }) => this.view.setLevel(component, level),
    playbackopened: (message) => this.players.open(message),
    decode: (message) => void this.players.decode(message),
    playbackposition: ({ component, playedS, level }) => this.view.setHeard(component, playedS, level),
    playbackended: (message) => this.players.end(message),
    video: (segment) => this.players.receive(segment),
    silence: ({ playback }) => this.players.silence(playback),
    latency: ({ component, view }) => this.view.latency(component, view),
  };

  /** `root` is an ancestor of all elements, which are heard at once. Nobody is told anything before `start`. */
  constructor(manifest: Manifest, begun: BegunWorker, root: EventTarget, view: View) {
    this.manifest = manifest;
    this.root = root;
    this.view = view;
    this.store = new Store(manifest);
    this.begun = begun;
    this.connection = new Connection(manifest.build, this.begun, (connection) => view.connection(connection));
    const post = this.connection.post.bind(this.connection);
    this.images = new Images(this.store, view, post, overlayOf(manifest), (message) => this.fail(message));
    this.players = new Players(manifest, this.store, view, {
      post,
      fire: (component, event) => this.fire({ component, event }),
    });
    this.scripts = new Scripts(this.store, {
      write: (component, value) => {
        this.withdraw(component, value);
        this.values.write(component, value);
      },
      answer: (binding, values) => this.runs.answer(binding, values),
      failed: (message) => this.fail(message),
    });
    this.values = this.makeValues();
    this.runs = this.makeRuns();
    this.uploads = this.makeUploads();
    this.recordings = this.makeRecordings();
    const { store, connection, values, images, runs, uploads, players, recordings } = this;
    this.renders = new Renders(
      { manifest, store, runs, view, values, images, players, recordings },
      this.control.bind(this),
    );
    this.life = new Life(
      { manifest, store, connection, values, runs, uploads, players, recordings, renders: this.renders },
      {
        began: () => this.controlAll(),
        say: (message, isFailure) => {
          if (isFailure) this.fail(message);
          else view.toast({ level: "info", title: "", message, durationS: document.hidden ? 0 : NOTE_S });
        },
      },
    );
    this.listen();
  }

  /** Connects, hears the worker, and shows the declared images. */
  start(): void {
    const act = (message: FromWorker): void => (this.handlers[message.type] as (each: FromWorker) => void)(message);
    const messages = new MessagesInOrder(act, (message) => this.renders.load(message));
    for (const component of this.store.components) this.images.showValue(component, this.store.value(component));
    this.life.start();
    if (!isEnglish()) this.connection.post({ type: "words", words: spoken() });
    this.connection.post({ type: "overlay", address: overlayOf(this.manifest) });
    hearWorker(this.begun, messages, () => {
      if (this.life.hasBegun) this.fail(t("Something went wrong in the page. Reload it if it does not go on."));
      else this.view.connection({ state: "refused", message: t("The page could not start its worker. Reload it.") });
    });
  }

  /** The current properties of a component. */
  props(component: number): Props {
    return this.store.props(component);
  }

  /** Says goodbye, releases devices, and stops listening. */
  close(): void {
    this.life.leave();
    for (const end of this.endings) end();
  }

  // ---- events of elements and the browser --------------------------------------------------------------------------

  private listen(): void {
    const { root, connection } = this;
    this.endings.push(
      listen(root, EDIT, ({ component, value, wire }) => {
        // A withdrawn upload must not reappear; where files are collected, others may still arrive.
        if (!this.store.collects(component)) this.withdraw(component, value);
        this.values.edit(component, value, wire);
      }),
      listen(root, FIRE, (fire) => {
        this.players.expect(({ targets }) =>
          targets.some(([from, name]) => from === fire.component && name === fire.event),
        );
        this.fire(fire);
      }),
      listen(root, RECORD, (record) => this.record(record)),
      listen(root, DEVICE, (device) => this.recordings.choose(device)),
      listen(root, UPLOAD, ({ component, file, more = [], place, alone }) => {
        if (place) this.placing.set(component, place);
        else this.placing.delete(component);
        if (alone) alone(this.uploads.sendAlone(component, file as File));
        else void this.upload(component, [file, ...more]);
      }),
      listen(root, LISTEN, (detail) => this.players.control(detail)),
      listen(root, CANCEL, ({ run }) => {
        if (!this.runs.held.cancel(run)) connection.send({ type: "cancel", run });
      }),
      listen(root, WATCH, ({ on }) => this.images.watch(on)),
      watchPage({
        tell: (hidden) => connection.post({ type: "visible", hidden }),
        leave: () => this.life.leave(),
        rest: () => this.life.rest(),
        wake: () => this.life.wake(),
      }),
    );
  }

  /** The server refuses events of an element that it has hidden, and ends the session of a page that should know. */
  private fire({ component, event, data, ended }: FireDetail): void {
    this.store.isShown(component) ? this.runs.fire(component, event, data, ended) : ended?.(null);
  }

  private record(record: RecordDetail): void {
    const { component, action } = record;
    if (action === "start" && !this.store.isShown(component)) return;
    if (action === "start") {
      // The reply of a stream most likely has the rate of its input.
      const rate = (this.store.props(component)["sample_rate"] as number | null) ?? DEVICE_RATE_HZ;
      this.players.expect(({ stream }) => stream?.component === component, rate);
      // A result that had replaced the preview is removed.
      if (streamsOf(this.manifest, component).length > 0) this.images.clear(component);
    }
    this.recordings.record(record);
  }

  /** A handler, or the declaration, starts or stops a recording as the user would. */
  private control(component: number, recording: unknown): void {
    if (typeof recording !== "boolean" || recording === this.recordings.isLive(component)) return;
    if (recording && !this.store.props(component)["interactive"]) return;
    this.record({ component, action: recording ? "start" : "stop" });
  }

  /** Recordings that were started before there was a session continue. */
  private controlAll(): void {
    for (const component of this.store.components)
      if (this.store.props(component)["recording"] === true) this.control(component, true);
  }

  /** A recording is complete. If it was not streamed, it becomes the value before the app gets the event. */
  private async endRecording(component: number, clip: ClipFile | null): Promise<void> {
    if (clip) await this.upload(component, [clip], this.store.takesPhotos(component));
    this.fire({ component, event: "stop_recording" });
  }

  private async upload(component: number, files: readonly Coming[], isFile = true): Promise<void> {
    this.store.choose(component);
    const isNew = await this.uploads.send(component, files, this.store.collects(component), this.runs.last);
    const events = isFile && !this.placing.has(component) ? ["upload", "input"] : ["input"];
    for (const event of isNew ? events : []) this.fire({ component, event });
  }

  private async receive(component: number, file: FileValue): Promise<void> {
    if (!this.store.isOpen(component))
      throw new Unwanted(t("{name} came too late: it is not wanted here any more.", { name: file.name }));
    const place = this.placing.get(component);
    const value = place ? place(file) : this.store.received(component, file);
    if (value !== undefined) this.values.write(component, value);
  }

  /** Another value supersedes the upload or recording that is on its way to a component. */
  private withdraw(component: number, value: unknown): void {
    this.uploads.withdraw(component, isEmpty(value) ? WITHDRAWN : "");
  }

  private fail(message: string): void {
    this.view.toast({ level: "error", title: "", message, durationS: 10 });
  }

  // ---- parts -------------------------------------------------------------------------------------------------------

  private makeValues(): Values {
    return new Values(this.store, this.view, {
      send: (message) => this.connection.send(message),
      changed: (component, value) => this.images.showValue(component, value),
      given: (component) => this.players.forget(component),
      arrived: (component, value, run) => run > this.uploads.since(component) && this.withdraw(component, value),
      fills: (run) => this.runs.bindings.fills(this.runs.sent.get(run), (source) => this.store.props(source)),
      isReplaced: (component, stream) => this.recordings.isReplaced(component, stream),
      control: (component, recording) => this.control(component, recording),
      showStill: (image) => this.images.showStill(image),
    });
  }

  private makeRuns(): Runs {
    return new Runs(this.manifest, {
      send: (message) => this.connection.send(message),
      later: (message) => this.connection.wait(message),
      script: (binding) => this.scripts.run(binding),
      write: (binding, values) => this.scripts.write(binding, values),
      show: (run) => this.view.setRun(run),
      failed: (message) => this.fail(message),
      coming: (components) => this.pending.to(components),
      speaks: (component) => component in this.manifest.components && this.store.isShown(component),
      cancel: (run) => this.connection.send({ type: "cancel", run }),
    });
  }

  private makeUploads(): Uploads {
    return new Uploads(this.pending, {
      ready: () => this.connection.ready(),
      isCurrent: (secret) => this.connection.isCurrent(secret),
      prepare: async (component, file) => (this.store.props(component)["decoded"] === true ? asWav(file) : file),
      show: (component, upload) => this.view.setUpload(component, upload),
      settled: (component, since) => this.runs.settled(component, since),
      received: (component, file) => this.receive(component, file),
      failed: (component, message) => {
        if (!this.view.refuse(component, message)) this.fail(message);
      },
    });
  }

  private makeRecordings(): Recordings {
    return new Recordings(this.manifest, this.store, {
      post: (message, transfer) => this.connection.post(message, transfer),
      seen: () => this.connection.seen,
      ready: async () => void (await this.connection.ready()),
      show: (component, view) => this.view.setStream(component, view),
      level: (component, level) => this.view.setLevel(component, level),
      begun: (component, bindings) => {
        for (const binding of bindings) this.view.setRun(streamRun(binding, "done"));
        this.images.prepare(bindings.flatMap(({ outputs }) => outputs));
        this.fire({ component, event: "start_recording" });
      },
      stopped: (component) => {
        const input = this.pending.begin(component, RECORDING);
        return () => this.pending.end(input);
      },
      ended: (component, clip) => void this.endRecording(component, clip),
      failed: (binding) => this.view.setRun(streamRun(binding, "failed", "Error")),
    });
  }
}

/** The address of the script that draws marks. */
const overlayOf = (manifest: Manifest): string => new URL(manifest.assets.overlay, document.baseURI).href;
