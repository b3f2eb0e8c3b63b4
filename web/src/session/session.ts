/**
 * The page's side of a session: listens to what elements ask for, keeps what they show, and speaks to the media worker.
 *
 * Elements and session never meet: events come up to the root (`constants.ts`), data goes down through a `View`.
 */

import type { StillImage } from "../codecs/types.ts";
import {
  CANCEL,
  DEVICE,
  EDIT,
  FIRE,
  LISTEN,
  type ListenDetail,
  listen,
  RECORD,
  type RecordDetail,
  UPLOAD,
} from "../constants.ts";
import type { Binding, FileValue, Manifest, Props } from "../manifest.ts";
import { addressOf } from "../manifest.ts";
import { asWav } from "../media/wav.ts";
import { Replays } from "../playback/replays.ts";
import { DEVICE_RATE_HZ, Speakers, USUAL_RATE_HZ } from "../playback/speakers.ts";
import { Surfaces } from "../playback/surfaces.ts";
import { Videos } from "../playback/videos.ts";
import type { View } from "../shell/view.ts";
import type { Cancel, Fire, Refuse, SetValue } from "../wire/messages.ts";
import type { FromWorker, FromWorkerOf, ToWorker } from "../workers/port.ts";
import { Arrivals } from "./arrivals.ts";
import { Edits } from "./edits.ts";
import { watchPage } from "./page_lifecycle.ts";
import { type ClipFile, Recordings } from "./recordings.ts";
import { Runs, streamRun } from "./runs.ts";
import { runScript } from "./scripts.ts";
import { Store } from "./store.ts";
import { type Coming, Uploads } from "./uploads.ts";
import { DROPPED, isEmpty, LOST, RECORDING, WITHDRAWN } from "./words.ts";

/** What may wait for a session to begin; a page that has none for so long loses no more than clicks. */
const MOST_WAITING = 100;

export class Session {
  private readonly manifest: Manifest;
  private readonly root: EventTarget;
  private readonly view: View;
  private readonly store: Store;
  private readonly edits = new Edits();
  private readonly runs: Runs;
  private readonly recordings: Recordings;
  private readonly surfaces: Surfaces;
  private readonly speakers: Speakers;
  private readonly videos: Videos;
  private readonly replays: Replays;
  private readonly worker: Worker;
  private readonly arrivals = new Arrivals((component, refusal) => this.runs.review(component, refusal));
  private readonly uploads: Uploads;
  private readonly endings: (() => void)[] = [];
  /** What to do about each message of the worker. */
  private readonly handlers: { [Type in FromWorker["type"]]: (message: FromWorkerOf<Type>) => void } = {
    welcome: (message) => this.welcome(message),
    refused: ({ refuse }) => this.refused(refuse),
    lost: () => this.lose(),
    sent: ({ component, seq }) => this.edits.confirm(component, seq),
    apply: (message) => this.apply(message),
    streaming: ({ component, stream }) => {
      if (!this.recordings.isReplaced(component, stream)) this.surfaces.stream(component);
    },
    state: ({ state, deadlinePageUs }) => this.recordings.update(state, deadlinePageUs),
    broken: (message) => this.recordings.break(message),
    turn: ({ turn }) => this.recordings.turn(turn),
    run: ({ state }) => this.runs.update(state),
    progress: ({ progress }) => this.runs.advance(progress),
    toast: ({ toast: { level, title, message, duration_s: durationS, count } }) =>
      this.view.toast({ level, title, message, durationS, count: count ?? 1 }),
    script: ({ script }) => void this.script(script.binding, script.inputs),
    toolarge: ({ message }) => {
      if (message.type === "set") this.edits.confirm(message.component, 0);
      this.fail("That is too large to be sent. Upload it as a file instead.");
    },
    level: ({ component, level }) => this.view.setLevel(component, level),
    speak: (message) => this.speak(message),
    decode: (message) => void this.decode(message),
    heard: ({ component, playedS, level }) => this.view.setHeard(component, playedS, level),
    spoken: (message) => this.endSpeech(message),
    video: (part) => this.videos.receive(part),
    silence: ({ playback }) => this.videos.silence(playback),
    latency: ({ medianMs, fps, roundTripMs }) => this.view.latency({ medianMs, fps, roundTripMs }),
  };
  /** The secret of the session that authorises uploads; null while there is none. */
  private secret: string | null = null;
  /** Up to which message of the server the page shows everything. */
  private seen = 0;
  private hadSession = false;
  private waiting: (Fire | Cancel)[] = [];
  private readyWaiters: (() => void)[] = [];

  /** `root` is an ancestor of all elements. Nothing happens before `start`. */
  constructor(manifest: Manifest, root: EventTarget, view: View) {
    this.manifest = manifest;
    this.root = root;
    this.view = view;
    this.store = new Store(manifest);
    this.worker = new Worker(new URL(manifest.assets.media_worker, document.baseURI), { type: "module" });
    this.surfaces = this.makeSurfaces();
    this.speakers = this.makeSpeakers();
    this.replays = new Replays((component, audio) => view.setAudio(component, audio));
    this.videos = new Videos({
      tell: (message) => this.post({ type: "tell", message }),
      show: (component, video) => this.view.setVideo(component, video),
    });
    this.runs = this.makeRuns();
    this.uploads = this.makeUploads();
    this.recordings = this.makeRecordings();
  }

  /** Connects, listens to the elements' events at the root, and shows the declared images. */
  start(): void {
    this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) =>
      (this.handlers[data.type] as (message: FromWorker) => void)(data);
    this.worker.onerror = () => {
      if (this.hadSession) this.fail("Something went wrong in the page. Reload it if it does not go on.");
      else this.view.connection({ state: "refused", message: "The page could not start its worker. Reload it." });
    };
    this.endings.push(
      listen(this.root, EDIT, ({ component, value }) => {
        // What is taken back is not to come back; of files that are collected, others may still come.
        if (!this.store.collects(component)) this.withdraw(component, value);
        this.edit(component, value);
      }),
      listen(this.root, FIRE, ({ component, event, data }) => {
        this.expectAudio(({ targets }) => targets.some(([from, name]) => from === component && name === event));
        this.fire(component, event, data);
      }),
      listen(this.root, RECORD, (record) => this.record(record)),
      listen(this.root, DEVICE, (device) => this.recordings.choose(device)),
      listen(this.root, UPLOAD, ({ component, file, more = [] }) => void this.upload(component, [file, ...more])),
      listen(this.root, LISTEN, (detail) => this.hear(detail)),
      listen(this.root, CANCEL, ({ run }) => {
        if (!this.runs.cancel(run)) this.send({ type: "cancel", run });
      }),
    );
    const tell = (hidden: boolean): void => this.post({ type: "visible", hidden });
    const connect = (): void => this.connect();
    const leave = (): void => this.leave();
    this.endings.push(watchPage({ tell, leave, connect, isConnected: () => this.secret !== null }));
    for (const component of this.store.components) this.showValue(component, this.store.value(component));
    this.connect();
  }

  /** The current properties of a component. */
  props(component: number): Props {
    return this.store.props(component);
  }

  /** Says goodbye, releases devices, and stops listening. */
  close(): void {
    this.leave();
    for (const end of this.endings) end();
  }

  // ---- what elements ask for -------------------------------------------------------------------------------------

  /** The server refuses what comes of an element that it has hidden, and ends the session of a page that should know. */
  private fire(component: number, event: string, data?: unknown): void {
    if (this.store.isShown(component)) this.runs.fire(component, event, data);
  }

  private edit(component: number, value: unknown): void {
    this.store.edit(component, value);
    this.send({ type: "set", component, value });
    this.showValue(component, value);
  }

  private record(record: RecordDetail): void {
    if (record.action === "start" && !this.store.isShown(record.component)) return;
    // A result that was shown in place of the preview gives way to it.
    const isFresh =
      record.action === "start" && this.manifest.bindings.some(({ stream }) => stream?.component === record.component);
    if (record.action === "start") {
      // What a stream answers most likely comes at the rate that it was asked at.
      const rate = (this.store.props(record.component)["sample_rate"] as number | null) ?? DEVICE_RATE_HZ;
      this.expectAudio(({ stream }) => stream?.component === record.component, rate);
    }
    if (isFresh) this.surfaces.clear(record.component);
    this.recordings.record(record);
  }

  /** A handler, or the declaration, starts or stops a recording as the user would. */
  private control(component: number, recording: unknown): void {
    if (typeof recording !== "boolean" || recording === this.recordings.isLive(component)) return;
    if (recording && !this.store.props(component)["interactive"]) return;
    this.record({ component, action: recording ? "start" : "stop" });
  }

  /** What was recorded, if it was not streamed, becomes the value before anybody hears that it is complete. */
  private async endRecording(component: number, clip: ClipFile | null): Promise<void> {
    if (clip) await this.upload(component, [clip]);
    this.fire(component, "stop_recording");
  }

  private async upload(component: number, files: readonly Coming[]): Promise<void> {
    const isNew = await this.uploads.send(component, files, this.store.collects(component), this.runs.last);
    for (const event of isNew ? ["upload", "input"] : []) this.fire(component, event);
  }

  /** Another value takes the place of what is on its way to a component. */
  private withdraw(component: number, value: unknown): void {
    this.uploads.withdraw(component, isEmpty(value) ? WITHDRAWN : "");
  }

  private async receive(component: number, file: FileValue): Promise<void> {
    if (!this.store.isOpen(component)) throw new Error(`${file.name} came too late: it is not wanted here any more.`);
    const value = this.store.received(component, file);
    this.edit(component, value);
    this.view.applyProps(component, { value });
  }

  // ---- what the worker says --------------------------------------------------------------------------------------

  private welcome({ session, build }: FromWorkerOf<"welcome">): void {
    if (build !== this.manifest.build) {
      this.reload("The app has changed. Reload the page.");
      return;
    }
    if (this.hadSession) this.renew();
    const isFirst = !this.hadSession;
    this.secret = session;
    this.hadSession = true;
    this.edits.clear();
    for (const [component, value] of this.store.edits()) {
      this.store.edit(component, value);
      this.view.applyProps(component, { value });
      this.send({ type: "set", component, value });
    }
    for (const message of this.waiting.splice(0)) this.send(message);
    for (const ready of this.readyWaiters.splice(0)) ready();
    this.view.connection({ state: "open", message: "" });
    if (!isFirst) return;
    // Whoever has pressed Record before there was a session goes on recording.
    for (const component of this.store.components)
      if (this.store.props(component)["recording"] === true) this.control(component, true);
  }

  /** Another session begins, which knows nothing of what was sent to the last one. */
  private renew(): void {
    for (const [element, props] of this.store.renewed()) this.applyProps(element, props);
    const dropped = this.store.dropFiles();
    for (const component of dropped) this.applyProps(component, { value: this.store.value(component) });
    this.runs.refuse(dropped, DROPPED);
    const fires = this.waiting.filter((message) => message.type === "fire");
    const lost = fires.filter(({ binding }) => this.runs.needs(binding, dropped));
    if (lost.length > 0) this.fail(DROPPED);
    const hidden = fires.filter((message) => !this.store.isShown(this.runs.source(message)));
    this.waiting = this.waiting.filter((message) => ![...lost, ...hidden].some((each) => each === message));
  }

  private refused({ code, message }: Refuse): void {
    this.lose();
    if (code === "version") this.reload(message);
    else this.view.connection({ state: "refused", message });
  }

  private lose(): void {
    this.secret = null;
    this.seen = 0;
    this.videos.clear();
    this.uploads.restart();
    this.recordings.clear(LOST);
    this.runs.clear();
    this.view.connection({ state: "lost", message: "Connection lost. Reconnecting…" });
  }

  /** Reloads once for a version of the server; a page that is still wrong after that says so. */
  private reload(message: string): void {
    const key = "millstream-reloaded";
    const isDone = sessionStorage.getItem(key) === this.manifest.build;
    sessionStorage.setItem(key, this.manifest.build);
    if (!isDone) {
      location.reload();
      return;
    }
    this.post({ type: "bye" });
    this.view.connection({ state: "refused", message });
  }

  private apply({ stream, run, seen, updates, images, upTo = 0 }: FromWorkerOf<"apply">): void {
    this.seen = upTo;
    for (const [key, update] of Object.entries(updates)) {
      const component = Number(key);
      const props = this.store.whole(component, update);
      const { value, ...others } = props;
      if ("value" in props && run > this.uploads.since(component)) this.withdraw(component, value);
      if (this.isCurrent(component, stream, seen)) this.applyProps(component, props);
      else if (Object.keys(others).length > 0) this.applyProps(component, others);
      if (!this.recordings.isReplaced(component, stream)) this.control(component, props["recording"]);
    }
    for (const image of images) {
      if (run > this.uploads.since(image.component)) this.withdraw(image.component, image);
      if (this.isCurrent(image.component, stream, seen)) this.showImage(image);
    }
  }

  /** Whether a value still counts that the server made of what it had `seen`: the user may have gone on since. */
  private isCurrent(component: number, stream: number, seen: number): boolean {
    return this.edits.isKnown(component, seen) && !this.recordings.isReplaced(component, stream);
  }

  private applyProps(component: number, props: Props): void {
    this.store.update(component, props);
    this.view.applyProps(component, props);
    if ("value" in props) {
      this.replays.forget(component);
      this.videos.forget(component);
      this.showValue(component, props["value"]);
    }
  }

  // ---- streamed audio --------------------------------------------------------------------------------------------

  /** The user did something that may well be answered aloud. */
  private expectAudio(isBegun: (binding: Binding) => boolean, usualRate = USUAL_RATE_HZ): void {
    for (const output of this.manifest.bindings.filter(isBegun).flatMap(({ outputs }) => outputs)) {
      const { plays_pieces: plays, sample_rate: rate } = this.store.props(output);
      if (plays) this.speakers.prepare(output, (rate as number | null) ?? usualRate);
    }
  }

  private speak({ component, playback, rate, channels, port }: FromWorkerOf<"speak">): void {
    this.replays.forget(component);
    const autoplay = this.store.props(component)["autoplay"] === true;
    void this.speakers.open({ component, playback, rate, channels, autoplay }, port);
  }

  private hear({ component, action }: ListenDetail): void {
    if (action === "stop" && this.store.typeOf(component) === "video") this.videos.stop(component);
    else this.speakers[action](component);
  }

  private async decode({ playback, file, form }: FromWorkerOf<"decode">): Promise<void> {
    const audio = await this.speakers.decode(file, form);
    this.post({ type: "decoded", playback, audio }, audio ? [audio.samples.buffer] : []);
  }

  private endSpeech({ component, playback, isCut, problem, file }: FromWorkerOf<"spoken">): void {
    if (!this.speakers.close(component, playback)) return;
    this.replays.keep(component, file, problem);
    if (!isCut) this.fire(component, "stop");
  }

  // ---- images --------------------------------------------------------------------------------------------------

  private showValue(component: number, value: unknown): void {
    if (this.store.typeOf(component) !== "image") return;
    const address = addressOf(value);
    if (address) this.surfaces.show(component, address);
    else this.surfaces.clear(component);
  }

  private showImage({ component, mime, data, stream, sequence }: StillImage): void {
    this.surfaces.show(component, new Blob([data], { type: mime }), () => {
      const pageUs = Math.round((performance.timeOrigin + performance.now()) * 1000);
      this.post({ type: "shown", stream, component, sequence, pageUs });
    });
  }

  // ---- scripts ---------------------------------------------------------------------------------------------------

  private async script(number: number, inputs: unknown[]): Promise<void> {
    const binding = this.runs.binding(number);
    if (!binding) return;
    try {
      const values = await runScript(binding, inputs, this.values(binding.outputs));
      if (!binding.handler) this.write(binding, values);
      this.runs.answer(binding, binding.handler ? values : []);
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  private write(binding: Binding, values: unknown[]): void {
    for (const [index, component] of binding.outputs.entries()) {
      const value = values[index] ?? null;
      this.withdraw(component, value);
      this.edit(component, value);
      this.view.applyProps(component, { value });
    }
  }

  private values(components: number[]): unknown[] {
    return components.map((component) => this.store.value(component));
  }

  // ---- the link --------------------------------------------------------------------------------------------------

  private connect(): void {
    const url = new URL("ws", document.baseURI);
    url.search = location.search; // what handlers read as `request.query_params`
    url.protocol = url.protocol.replace("http", "ws");
    this.view.connection({ state: "connecting", message: "" });
    this.post({ type: "connect", url: url.href, build: this.manifest.build, hidden: document.hidden });
  }

  /** Edits are told at once, or as they are then when there is a session again; all else waits in order. */
  private send(message: SetValue | Fire | Cancel): void {
    if (message.type === "set" && !this.store.isOpen(message.component)) return;
    if (this.secret !== null) {
      if (message.type === "set") this.edits.post(message.component);
      this.post({ type: "send", message, seen: this.seen });
    } else if (message.type !== "set" && this.waiting.length < MOST_WAITING) this.waiting.push(message);
  }

  private post(message: ToWorker, transfer: Transferable[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  private ready(): Promise<void> {
    if (this.secret !== null) return Promise.resolve();
    return new Promise((resolve) => this.readyWaiters.push(resolve));
  }

  private fail(message: string): void {
    this.view.toast({ level: "error", title: "", message, durationS: 10 });
  }

  private leave(): void {
    this.secret = null;
    this.recordings.clear(null);
    this.runs.clear();
    this.post({ type: "bye" });
  }

  // ---- parts -----------------------------------------------------------------------------------------------------

  private makeSurfaces(): Surfaces {
    return new Surfaces((component) => this.view.surface(component), {
      target: (component, target) => this.post({ type: "target", component, target }, [target]),
      covered: (component) => this.post({ type: "covered", component }),
      presented: (component, timestampUs, pageUs) => this.post({ type: "presented", component, timestampUs, pageUs }),
      failed: () => this.fail("An image could not be shown."),
    });
  }

  private makeSpeakers(): Speakers {
    return new Speakers(new URL(this.manifest.assets.speaker_worklet, document.baseURI).href, {
      show: (component, state) => this.view.setAudio(component, { state }),
      paused: (playback, isPaused) => this.post({ type: "listening", playback, isPaused }),
      stopped: (playback) => this.post({ type: "quit", playback }),
      fire: (component, event) => this.fire(component, event),
    });
  }

  private makeRuns(): Runs {
    return new Runs(this.manifest, {
      send: (message) => this.send(message),
      script: (binding) => runScript(binding, this.values(binding.inputs), this.values(binding.outputs)),
      write: (binding, values) => this.write(binding, values),
      show: (run) => this.view.setRun(run),
      failed: (message) => this.fail(message),
      coming: (components) => this.arrivals.to(components),
      cancel: (run) => this.send({ type: "cancel", run }),
    });
  }

  private makeUploads(): Uploads {
    return new Uploads(this.arrivals, {
      ready: () => this.ready().then(() => this.secret ?? ""),
      isCurrent: (secret) => secret === this.secret,
      prepare: async (component, file) => (this.store.props(component)["decoded"] === true ? asWav(file) : file),
      show: (component, upload) => this.view.setUpload(component, upload),
      settled: (component, since) => this.runs.settled(component, since),
      received: (component, file) => this.receive(component, file),
      failed: (message) => this.fail(message),
    });
  }

  private makeRecordings(): Recordings {
    return new Recordings(this.manifest, this.store, {
      post: (message, transfer) => this.post(message, transfer),
      seen: () => this.seen,
      ready: () => this.ready(),
      show: (component, view) => this.view.setStream(component, view),
      level: (component, level) => this.view.setLevel(component, level),
      begun: (component, bindings) => {
        for (const binding of bindings) this.view.setRun(streamRun(binding, "done"));
        for (const output of bindings.flatMap((binding) => binding.outputs)) {
          if (this.store.typeOf(output) === "image") this.surfaces.prepare(output);
        }
        this.fire(component, "start_recording");
      },
      stopped: (component) => {
        const arrival = this.arrivals.begin(component, RECORDING);
        return () => this.arrivals.end(arrival);
      },
      ended: (component, clip) => void this.endRecording(component, clip),
      failed: (binding) => this.view.setRun(streamRun(binding, "failed", "Error")),
    });
  }
}
