/** All components that record, and the numbers of their streams. */

import { AudioClip } from "../capture/audio_clip.ts";
import { LEVELS_PER_S, Meter } from "../capture/audio_uplink.ts";
import { openAvDevice } from "../capture/av_device.ts";
import { type Camera, type CameraWish, openCamera } from "../capture/camera.ts";
import { type Microphone, type MicrophoneWish, openMicrophone } from "../capture/microphone.ts";
import { Photo } from "../capture/photo.ts";
import { VideoClip } from "../capture/video_clip.ts";
import type { AudioBlock, AudioLevel, MicrophoneFormat } from "../codecs/types.ts";
import type { DeviceChoice, DeviceDetail, RecordDetail } from "../constants.ts";
import type { Binding, Manifest } from "../manifest.ts";
import type { StreamView, Trouble } from "../states.ts";
import type { StreamState, Turn } from "../wire/messages.ts";
import type { ToWorker } from "../workers/port.ts";
import type { OpenedDevice } from "./recording.ts";
import { partsOf, Recording } from "./recording.ts";
import type { Store } from "./store.ts";

/** A recording that is not streamed, or will be in a moment: a recorder takes its time to end. */
export type ClipFile = File | Promise<File | null>;

export interface RecordingsEvents {
  post(message: ToWorker, transfer?: Transferable[]): void;
  /** Up to which message of the server the page shows everything. */
  seen?(): number;
  /** Resolves when there is a session. */
  ready(): Promise<void>;
  show(component: number, view: StreamView): void;
  level(component: number, level: AudioLevel): void;
  /** Streams of a component begin, by these bindings. */
  begun(component: number, bindings: Binding[]): void;
  /** A recording was stopped, which is on its way until what this gives is called: after `ended`. */
  stopped?(component: number): () => void;
  /** A recording is over; `clip` is all of it, if it was not streamed. */
  ended(component: number, clip: ClipFile | null): void;
  /** A stream ended with an error of the app. */
  failed(binding: Binding): void;
}

export class Recordings {
  private readonly manifest: Manifest;
  private readonly store: Store;
  private readonly events: RecordingsEvents;
  private readonly recordings = new Map<number, Recording>();
  /** Those that another one has replaced, while the server is at work on what it was given. */
  private readonly leaving = new Set<Recording>();
  private readonly choices = new Map<number, DeviceChoice>();
  private readonly clips = new Map<number, AudioClip | VideoClip | Photo>();
  /** What each microphone that records delivers: one that takes its place delivers the same. */
  private readonly formats = new Map<number, MicrophoneFormat>();
  /** Components that are recorded with camera and microphone. */
  private readonly avComponents = new Set<number>();
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
    if (device || facing) this.remember(component, { device, facing });
    const recording = this.recordings.get(component);
    if (action === "close") this.discard(component);
    if (action !== "start") recording?.stop();
    else if (!recording?.isLive) this.start(component);
  }

  /** Whether Stop is what the user could press now. */
  isLive(component: number): boolean {
    return this.recordings.get(component)?.isLive ?? false;
  }

  /** Another device was chosen; without a recording it is remembered. */
  choose({ component, ...choice }: DeviceDetail): void {
    const chosen = this.remember(component, choice);
    void this.recordings.get(component)?.change(chosen);
  }

  /** A choice of camera leaves the microphone as it is, and the other way round. */
  private remember(component: number, { device, facing, microphone }: DeviceChoice): DeviceChoice {
    const before = this.choices.get(component) ?? {};
    const chosen = microphone ? { ...before, microphone } : { device, facing, microphone: before.microphone };
    this.choices.set(component, chosen);
    return chosen;
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

  /** Whose turn it is in a stream. */
  turn({ stream, state }: Turn): void {
    this.find(stream)?.turn(state);
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
    for (const recording of [...this.leaving, ...this.recordings.values()]) recording.abandon(cause);
  }

  private bindingsOf(component: number): Binding[] {
    return this.manifest.bindings.filter(({ stream }) => stream?.component === component);
  }

  /** How many seconds the app allows. */
  private longestS(component: number): number {
    return (this.store.props(component)["max_length"] ?? Number.POSITIVE_INFINITY) as number;
  }

  private find(stream: number): Recording | undefined {
    return [...this.recordings.values(), ...this.leaving].find((recording) => recording.has(stream));
  }

  private start(component: number): void {
    const before = this.recordings.get(component);
    this.replaced.set(component, before ? [...(this.replaced.get(component) ?? []), ...before.numbers] : []);
    if (before) this.leaving.add(before);
    before?.giveWay();
    const longestS = this.longestS(component);
    const kind = this.kindOf(component);
    const bindings = this.bindingsOf(component);
    let clip: ClipFile | null = null;
    let arrive = (): void => {};
    const recording: Recording = new Recording(
      kind === "av" ? "camera or microphone" : kind,
      {
        open: (choice) => this.open(component, kind, choice),
        attach: (opened) => this.attach(component, opened, bindings.length > 0),
        release: (isWanted) => {
          clip = this.release(component, isWanted);
        },
        isWanted: () => this.store.isShown(component) && this.store.props(component)["interactive"] !== false,
        begin: () => this.begin(component, bindings),
        stop: (stream, reason, message) => this.events.post({ type: "stop", stream, reason, message }),
        stopped: () => {
          arrive = this.events.stopped?.(component) ?? arrive;
        },
        show: (view) => {
          this.events.show(component, view);
          this.hold(component, view);
        },
        ended: (wasBegun) => {
          if (this.recordings.get(component) === recording) this.recordings.delete(component);
          this.leaving.delete(recording);
          if (wasBegun) this.events.ended(component, clip);
          arrive();
        },
      },
      longestS,
    );
    this.recordings.set(component, recording);
    void recording.start(this.choices.get(component) ?? {}, this.events.ready());
  }

  /** What a component records with. */
  private kindOf(component: number): OpenedDevice["kind"] {
    const type = this.store.typeOf(component);
    if (type === "audio" || type === "multimodaltextbox") return "microphone";
    return type === "video" && this.store.props(component)["include_audio"] === true ? "av" : "camera";
  }

  private async open(component: number, kind: OpenedDevice["kind"], choice: DeviceChoice): Promise<OpenedDevice> {
    if (kind === "camera") return { kind, device: await openCamera(this.cameraWish(component, choice)) };
    if (kind === "microphone") return { kind, device: await openMicrophone(this.microphoneWish(component, choice)) };
    const wish = this.microphoneWish(component, { device: choice.microphone });
    return { kind, device: await openAvDevice(this.cameraWish(component, choice), wish) };
  }

  private cameraWish(component: number, choice: DeviceChoice): CameraWish {
    const props = this.store.props(component);
    const constraints = (props["constraints"] ?? null) as MediaTrackConstraints | null;
    const size = (props["size"] ?? null) as [number, number] | null;
    const mirror = (props["mirror"] ?? null) as boolean | null;
    return { constraints, size, mirror, choice };
  }

  private microphoneWish(component: number, choice: DeviceChoice): MicrophoneWish {
    const props = this.store.props(component);
    const declared = (props["constraints"] ?? null) as MediaTrackConstraints | null;
    // What a component with a camera says of tracks without a name is about its camera.
    const constraints = this.kindOf(component) === "av" && declared && !("audio" in declared) ? null : declared;
    const format = this.formats.get(component);
    const rate = format?.rate ?? ((props["sample_rate"] ?? null) as number | null);
    const channels = format?.channels ?? ((props["channels"] ?? null) as number | null);
    const worklet = new URL(this.manifest.assets.microphone_worklet, document.baseURI).href;
    const everyS = Math.max(0, ...this.bindingsOf(component).map(({ stream }) => stream?.every_s ?? 0));
    return { constraints, rate, channels, everyS, choice, worklet };
  }

  private attach(component: number, opened: OpenedDevice, isStreamed: boolean): void {
    const { camera, microphone } = partsOf(opened);
    if (microphone) this.formats.set(component, microphone.format);
    if (!isStreamed || this.keepsVideo(component)) this.keep(component, camera, microphone);
    if (isStreamed) this.feed(component, camera, microphone);
    else if (camera && microphone) this.measure(component, microphone);
  }

  /** Records what is not streamed, or is wanted as a whole as well. */
  private keep(component: number, camera: Camera | null, microphone: Microphone | null): void {
    if (camera && this.store.typeOf(component) === "video") this.keepVideo(component, camera, microphone);
    else if (camera) this.keepPhoto(component, camera);
    else if (microphone) this.keepAudio(component, microphone);
  }

  /** Whether an ordinary event takes the video of a component, and not only the stream's handler moment by moment. */
  private keepsVideo(component: number): boolean {
    const isTaken = this.manifest.bindings.some(({ stream, inputs }) => !stream && inputs.includes(component));
    return isTaken && this.store.typeOf(component) === "video";
  }

  private feed(component: number, camera: Camera | null, microphone: Microphone | null): void {
    if (camera) this.attachCamera(component, camera);
    if (microphone) this.attachMicrophone(component, microphone);
    if (camera && microphone) this.avComponents.add(component);
    else this.avComponents.delete(component);
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

  private keepPhoto(component: number, camera: Camera): void {
    const photo = this.clips.get(component);
    if (photo instanceof Photo) photo.change(camera);
    else this.clips.set(component, new Photo(camera));
  }

  private keepAudio(component: number, device: Microphone): void {
    const before = this.clips.get(component);
    if (before instanceof AudioClip) {
      before.change(device);
      return;
    }
    const clip = new AudioClip(
      device,
      this.longestS(component),
      (level) => this.events.level(component, level),
      () => this.recordings.get(component)?.stop(),
    );
    this.clips.set(component, clip);
  }

  private keepVideo(component: number, camera: Camera, microphone: Microphone | null): void {
    const stop = (): void => this.recordings.get(component)?.stop();
    const clip = this.clips.get(component);
    // Another camera goes on with the same video.
    if (clip instanceof VideoClip) clip.change(camera, microphone?.track ?? null);
    else this.clips.set(component, new VideoClip(camera, microphone?.track ?? null, stop));
  }

  /** What is streamed, and kept as a video as well, is recorded only while it has its slot. */
  private hold(component: number, { state }: StreamView): void {
    const clip = this.clips.get(component);
    if (clip instanceof VideoClip && state !== "idle") clip.hold(state !== "running");
  }

  /** Takes the samples that nobody else does, or they would pile up, and tells how loud they are. */
  private measure(component: number, { port, format }: Microphone): void {
    const meter = new Meter(Math.round((format.deviceRate * format.channels) / LEVELS_PER_S));
    port.onmessage = ({ data }: MessageEvent<AudioBlock>) => {
      const level = meter.add(data);
      if (level) this.events.level(component, level);
    };
  }

  /** Lets go of the devices; gives what was recorded and not, or not only, streamed. Photos are taken on demand alone. */
  private release(component: number, isWanted: boolean): ClipFile | null {
    if (!isWanted && this.clips.get(component) instanceof Photo) this.discard(component);
    const file = this.clips.get(component)?.finish() ?? null;
    this.clips.delete(component);
    this.formats.delete(component);
    this.events.post({ type: "release", component });
    return file;
  }

  private discard(component: number): void {
    void this.clips.get(component)?.finish();
    this.clips.delete(component);
  }

  private begin(component: number, bindings: Binding[]): number[] {
    this.events.begun(component, bindings);
    return bindings.map((binding) => {
      const stream = ++this.count;
      const frames = this.avComponents.has(component) ? ++this.count : 0;
      this.served.set(stream, binding);
      const { every_s: everyS, keep, max_backlog_s: maxBacklogS } = binding.stream as NonNullable<Binding["stream"]>;
      const seen = this.events.seen?.() ?? 0;
      const opened = { stream, frames, binding: binding.id, component, everyS, keep, maxBacklogS, seen };
      this.events.post({ type: "open", stream: opened });
      return stream;
    });
  }
}
