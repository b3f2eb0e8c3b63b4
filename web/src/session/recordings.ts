/** All components that record, and the numbers of their streams. */

import { type Camera, openCamera } from "../capture/camera.ts";
import { Clip } from "../capture/clip.ts";
import type { DeviceKind } from "../capture/devices.ts";
import { type Microphone, openMicrophone } from "../capture/microphone.ts";
import type { DeviceChoice, DeviceDetail, RecordDetail } from "../constants.ts";
import type { Binding, Manifest } from "../manifest.ts";
import type { Level, StreamView, Trouble } from "../view.ts";
import type { StreamState } from "../wire/messages.ts";
import type { ToWorker } from "../workers/port.ts";
import type { OpenedDevice } from "./recording.ts";
import { Recording } from "./recording.ts";
import type { Store } from "./store.ts";

export interface RecordingsEvents {
  post(message: ToWorker, transfer?: Transferable[]): void;
  /** Resolves when there is a session. */
  ready(): Promise<void>;
  show(component: number, view: StreamView): void;
  level(component: number, level: Level): void;
  /** Streams of a component begin, by these bindings. */
  begun(component: number, bindings: Binding[]): void;
  ended(component: number): void;
  /** A stream ended with an error of the app. */
  failed(binding: Binding): void;
  /** A recording that is not streamed is complete. */
  clip(component: number, file: File): void;
}

export class Recordings {
  private readonly manifest: Manifest;
  private readonly store: Store;
  private readonly events: RecordingsEvents;
  private readonly recordings = new Map<number, Recording>();
  private readonly choices = new Map<number, DeviceChoice>();
  private readonly clips = new Map<number, Clip>();
  /** Which binding each stream serves that is not over. */
  private readonly served = new Map<number, Binding>();
  /** Streams of each component's earlier recordings, if they were not over when the newest one began. */
  private readonly replaced = new Map<number, number[]>();
  private count = 0;

  constructor(manifest: Manifest, store: Store, events: RecordingsEvents) {
    this.manifest = manifest;
    this.store = store;
    this.events = events;
  }

  /** Record or Stop was pressed. */
  record({ component, action, device, facing }: RecordDetail): void {
    if (device || facing) this.choices.set(component, { device, facing });
    const recording = this.recordings.get(component);
    if (action === "stop") recording?.stop();
    else if (!recording?.isLive) this.start(component);
  }

  /** Another device was chosen; without a recording it is remembered. */
  choose({ component, device, facing }: DeviceDetail): void {
    this.choices.set(component, { device, facing });
    void this.recordings.get(component)?.change({ device, facing });
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

  /** Whether a stream belongs to an earlier recording of a component that records again: it shows nothing there. */
  isReplaced(component: number, stream: number): boolean {
    return this.replaced.get(component)?.includes(stream) ?? false;
  }

  break(message: { stream: number; reason: "user" | "device" | "backlog" | "failed"; message: string }): void {
    this.find(message.stream)?.break(message.stream, message.reason, message.message);
  }

  /** The session is over: every device is released. */
  clear(cause: Trouble | null): void {
    this.served.clear();
    this.replaced.clear();
    for (const recording of [...this.recordings.values()]) recording.abandon(cause);
  }

  private bindingsOf(component: number): Binding[] {
    return this.manifest.bindings.filter(({ stream }) => stream?.component === component);
  }

  private find(stream: number): Recording | undefined {
    return [...this.recordings.values()].find((recording) => recording.has(stream));
  }

  private start(component: number): void {
    const before = this.recordings.get(component);
    this.replaced.set(component, before ? [...(this.replaced.get(component) ?? []), ...before.numbers] : []);
    before?.giveWay();
    const kind: DeviceKind = this.store.typeOf(component) === "audio" ? "microphone" : "camera";
    const bindings = this.bindingsOf(component);
    const recording: Recording = new Recording(kind, {
      open: (choice) => this.open(component, kind, choice),
      attach: (opened) => this.attach(component, opened, bindings.length > 0),
      release: () => this.release(component),
      begin: () => this.begin(component, bindings),
      stop: (stream, reason, message) => this.events.post({ type: "stop", stream, reason, message }),
      show: (view) => this.events.show(component, view),
      ended: (wasBegun) => {
        this.recordings.delete(component);
        if (wasBegun) this.events.ended(component);
      },
    });
    this.recordings.set(component, recording);
    void recording.start(this.choices.get(component) ?? {}, this.events.ready());
  }

  private async open(component: number, kind: DeviceKind, choice: DeviceChoice): Promise<OpenedDevice> {
    const props = this.store.props(component);
    const constraints = (props["constraints"] ?? null) as MediaTrackConstraints | null;
    if (kind === "camera") {
      const size = (props["size"] ?? null) as [number, number] | null;
      const mirror = (props["mirror"] ?? null) as boolean | null;
      return { kind, device: await openCamera({ constraints, size, mirror, choice }) };
    }
    const rate = (props["sample_rate"] ?? null) as number | null;
    const channels = (props["channels"] ?? null) as number | null;
    const worklet = new URL(this.manifest.assets.microphone_worklet, document.baseURI).href;
    const everyS = Math.max(0, ...this.bindingsOf(component).map(({ stream }) => stream?.every_s ?? 0));
    return { kind, device: await openMicrophone({ constraints, rate, channels, everyS, choice, worklet }) };
  }

  private attach(component: number, { kind, device }: OpenedDevice, isStreamed: boolean): void {
    if (!isStreamed) {
      if (kind === "microphone") this.collect(component, device);
      return;
    }
    if (kind === "microphone") this.attachMicrophone(component, device);
    else this.attachCamera(component, device);
  }

  private attachMicrophone(component: number, { port, format }: Microphone): void {
    this.events.post({ type: "microphone", component, port, format }, [port]);
  }

  private attachCamera(component: number, device: Camera): void {
    const props = this.store.props(component);
    const options = {
      size: (props["size"] ?? null) as [number, number] | null,
      mirror: device.mirrored,
      quality: (props["quality"] ?? 0.8) as number,
    };
    this.events.post({ type: "camera", component, source: device.source, options }, [device.source]);
  }

  private collect(component: number, device: Microphone): void {
    const clip = new Clip(
      device,
      (level) => this.events.level(component, level),
      () => this.recordings.get(component)?.stop(),
    );
    this.clips.set(component, clip);
  }

  private release(component: number): void {
    const file = this.clips.get(component)?.finish();
    this.clips.delete(component);
    if (file) this.events.clip(component, file);
    this.events.post({ type: "release", component });
  }

  private begin(component: number, bindings: Binding[]): number[] {
    this.events.begun(component, bindings);
    return bindings.map((binding) => {
      const stream = ++this.count;
      this.served.set(stream, binding);
      const { every_s: everyS, keep, max_backlog_s: maxBacklogS } = binding.stream as NonNullable<Binding["stream"]>;
      this.events.post({ type: "open", stream: { stream, binding: binding.id, component, everyS, keep, maxBacklogS } });
      return stream;
    });
  }
}
