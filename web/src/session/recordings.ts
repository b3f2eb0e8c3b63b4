/** All components that record, and the numbers of their streams. */

import type { AudioLevel } from "../codecs/types.ts";
import type { DeviceDetail, RecordDetail } from "../constants.ts";
import type { Binding, Manifest } from "../manifest.ts";
import type { StreamView, Trouble } from "../states.ts";
import type { StopReason, StreamState, TurnState } from "../wire/messages.ts";
import type { ToWorker } from "../workers/port.ts";
import { streamsOf } from "./binding_inputs.ts";
import { Captures, type ClipFile } from "./captures.ts";
import { Recording } from "./recording.ts";
import { partsOf, RecordingDevices } from "./recording_devices.ts";
import type { Store } from "./store.ts";

export interface RecordingsEvents {
  post(message: ToWorker, transfer?: Transferable[]): void;
  /** The last message of the server whose effects the page shows completely. */
  seen?(): number;
  /** Resolves when there is a session. */
  ready(): Promise<void>;
  show(component: number, view: StreamView): void;
  level(component: number, level: AudioLevel): void;
  /** Streams of a component begin, by these bindings. */
  begun(component: number, bindings: Binding[]): void;
  /** A recording was stopped; it is on its way until the returned function is called, after `ended`. */
  stopped?(component: number): () => void;
  /** A recording is over; `clip` is the whole of it, if it was not streamed. */
  ended(component: number, clip: ClipFile | null): void;
  /** A stream ended with an error of the app. */
  failed(binding: Binding): void;
}

export class Recordings {
  private readonly manifest: Manifest;
  private readonly store: Store;
  private readonly events: RecordingsEvents;
  private readonly devices: RecordingDevices;
  private readonly captures: Captures;
  private readonly recordings = new Map<number, Recording>();
  /** Recordings that were replaced while the server is still processing them. */
  private readonly leaving = new Set<Recording>();
  /** The binding of each stream that is not over. */
  private readonly served = new Map<number, Binding>();
  /** Streams of each component's earlier recordings that were not over when the newest one began. */
  private readonly replaced = new Map<number, number[]>();
  /** Components whose camera, open now or last, has taken a photo. */
  private readonly taking = new Set<number>();
  private count = 0;

  constructor(manifest: Manifest, store: Store, events: RecordingsEvents) {
    this.manifest = manifest;
    this.store = store;
    this.events = events;
    this.devices = new RecordingDevices(manifest, store);
    this.captures = new Captures(manifest, store, {
      post: (message, transfer) => events.post(message, transfer),
      level: (component, level) => events.level(component, level),
      full: (component) => this.recordings.get(component)?.stop(),
    });
  }

  /** Record or Stop was pressed. */
  record({ component, action, device, facing }: RecordDetail): void {
    if (device || facing) this.devices.choose(component, { device, facing });
    const recording = this.recordings.get(component);
    if (action === "take") {
      if (recording?.isLive) this.take(component);
      return;
    }
    if (action === "close") this.captures.discard(component);
    if (action !== "start") recording?.stop();
    else if (!recording?.isLive) this.start(component);
  }

  /** True if the user can press Stop now. */
  isLive(component: number): boolean {
    return this.recordings.get(component)?.isLive ?? false;
  }

  /** Another device was chosen; without a recording it is remembered. */
  choose({ component, ...choice }: DeviceDetail): void {
    const chosen = this.devices.choose(component, choice);
    void this.recordings.get(component)?.device.change(chosen);
  }

  update(state: StreamState, deadlinePageUs: number): void {
    const deadlineMs = deadlinePageUs ? deadlinePageUs / 1000 - performance.timeOrigin : 0;
    const binding = this.served.get(state.stream);
    if (binding?.stream && state.state === "ended") {
      this.served.delete(state.stream);
      const isShown = !this.isReplaced(binding.stream.component, state.stream);
      if (state.reason === "error" && isShown) this.events.failed(binding);
    }
    this.find(state.stream)?.update(state, deadlineMs);
  }

  /** The server reports the state of a stream's conversation. */
  turn({ stream, state }: TurnState): void {
    this.find(stream)?.turn(state);
  }

  /** The binding of a stream that is not over, unless the component has begun another recording. */
  bindingOf(stream: number): Binding | null {
    const binding = this.served.get(stream);
    const component = binding?.stream?.component ?? -1;
    return binding && !this.isReplaced(component, stream) ? binding : null;
  }

  /** True if a stream belongs to an earlier recording of a component that records again, and is not shown there. */
  isReplaced(component: number, stream: number): boolean {
    return this.replaced.get(component)?.includes(stream) ?? false;
  }

  /** The worker gave up a stream. */
  break({ stream, reason, message }: { stream: number; reason: StopReason; message: string }): void {
    this.find(stream)?.break(stream, reason, message);
  }

  /** The session is over: every device is released. */
  clear(cause: Trouble | null): void {
    this.forget();
    for (const recording of this.all) recording.abandon(cause);
  }

  /** The page may be brought back later on: devices are released until `wake`. */
  rest(): void {
    for (const recording of this.recordings.values()) recording.device.rest();
  }

  wake(): void {
    for (const recording of this.recordings.values()) void recording.device.wake();
  }

  /** Another session begins: recordings go on in it. True if any does. */
  renew(cause: Trouble): boolean {
    const recorded = this.all;
    this.forget();
    for (const recording of recorded) recording.renew(cause);
    return recorded.some(({ isLive }) => isLive);
  }

  /** The session can be reached again. */
  resume(): void {
    for (const recording of this.recordings.values()) recording.resume();
  }

  /** The number of streams that were opened so far. */
  get opened(): number {
    return this.count;
  }

  private get all(): Recording[] {
    return [...this.leaving, ...this.recordings.values()];
  }

  private forget(): void {
    this.served.clear();
    this.replaced.clear();
  }

  private find(stream: number): Recording | undefined {
    return this.all.find((recording) => recording.has(stream));
  }

  /** A photo that has been taken is a recording of its own, whatever becomes of the camera. */
  private take(component: number): void {
    const photo = this.captures.take(component);
    if (!photo) return;
    const arrive = this.events.stopped?.(component);
    this.taking.add(component);
    this.events.ended(component, photo);
    arrive?.();
  }

  private start(component: number): void {
    this.replace(component);
    this.taking.delete(component);
    let clip: ClipFile | null = null;
    let arrive = (): void => {};
    const recording: Recording = new Recording(
      this.devices.name(component),
      {
        open: async (choice) => {
          if (this.captures.needsScript(component)) await this.captures.load();
          return this.devices.open(component, choice);
        },
        attach: (opened) => {
          const { camera, microphone } = partsOf(opened);
          if (microphone) this.devices.keepFormat(component, microphone);
          this.captures.attach(component, camera, microphone);
        },
        release: (isWanted) => {
          clip = this.captures.release(component, isWanted);
          this.devices.forgetFormat(component);
        },
        isWanted: () => this.store.isShown(component) && this.store.props(component)["interactive"] !== false,
        begin: () => this.begin(component),
        stop: (stream, reason, message) => this.events.post({ type: "stop", stream, reason, message }),
        stopped: () => {
          arrive = this.events.stopped?.(component) ?? arrive;
        },
        show: (view) => {
          this.events.show(component, view);
          this.captures.hold(component, view);
        },
        ended: (wasBegun) => {
          if (this.recordings.get(component) === recording) this.recordings.delete(component);
          this.leaving.delete(recording);
          const isTold = clip === null && this.taking.has(component);
          if (wasBegun && !isTold) this.events.ended(component, clip);
          arrive();
        },
      },
      this.store.longestS(component),
    );
    this.recordings.set(component, recording);
    void recording.start(this.devices.choice(component), this.events.ready());
  }

  /** Replaces a recording that the component has yet to finish. */
  private replace(component: number): void {
    const before = this.recordings.get(component);
    this.replaced.set(component, before ? [...(this.replaced.get(component) ?? []), ...before.numbers] : []);
    if (before) this.leaving.add(before);
    before?.giveWay();
  }

  /** Opens the streams of a component, and returns their numbers. */
  private begin(component: number): number[] {
    const bindings = streamsOf(this.manifest, component);
    this.events.begun(component, bindings);
    return bindings.map((binding) => {
      const stream = ++this.count;
      const frames = this.captures.hasBoth(component) ? ++this.count : 0;
      this.served.set(stream, binding);
      const options = binding.stream as NonNullable<Binding["stream"]>;
      const { every_s: everyS, keep, max_backlog_s: maxBacklogS, max_age_s: maxAgeS } = options;
      const seen = this.events.seen?.() ?? 0;
      const opened = { stream, frames, binding: binding.id, component, everyS, keep, maxBacklogS, maxAgeS, seen };
      this.events.post({ type: "open", stream: opened });
      return stream;
    });
  }
}
