/** The page as the session sees it: the tree of elements, and where each thing that the session says is shown. */

import { trouble } from "../capture/devices.ts";
import type { AudioLevel } from "../codecs/types.ts";
import type { Leaf } from "../elements/base.ts";
import type { LayoutPart, RenderPlace } from "../elements/parts/container.ts";
import { serveNeeds } from "../late_elements.ts";
import type { Manifest, Node, Props } from "../manifest.ts";
import type { LatencyView } from "../playback/latency_view.ts";
import type {
  AudioView,
  ConnectionView,
  OutputSurface,
  RunView,
  StreamView,
  ToastView,
  UploadView,
  VideoView,
} from "../states.ts";
import { Formulas } from "./formulas.ts";
import { LatencySwitch } from "./latency_switch.ts";
import { Builder } from "./layout.ts";
import { Footer, Notices } from "./notices.ts";
import { ProgressPlaces } from "./progress_places.ts";
import { Recorders } from "./recorders.ts";
import { whenOver } from "./trouble_expiry.ts";
import type { View } from "./view.ts";

/** Everything that an element may be told beyond its properties; it has those of them that it can do something with. */
interface Abilities extends OutputSurface {
  run: RunView | null;
  upload: UploadView | null;
  stream: StreamView;
  audio: AudioView | null;
  video: VideoView | null;
  setLevel(level: AudioLevel): void;
  setHeard(playedS: number, level: AudioLevel): void;
  refuse(message: string): void;
}

/** The words of a server that is about to be there again. */
const RESTARTING = /\bis (being )?restart(ed|ing)\b/;

/** True if nobody can see a difference between two runs, however far they are: their progress is not shown. */
function isAlike(before: RunView | null, now: RunView | null): boolean {
  if (before?.progress !== "hidden" || now?.progress !== "hidden") return before === now;
  const facts = ["call", "run", "state", "message", "awaits", "silence"] as const;
  return facts.every((fact) => before[fact] === now[fact]);
}

/** The kinds of devices that an element records with, as browsers name them. */
function devicesOf({ capabilities }: Leaf): MediaDeviceKind[] {
  const devices: MediaDeviceKind[] = [];
  if (capabilities.has("captures_frames")) devices.push("videoinput");
  if (capabilities.has("captures_audio")) devices.push("audioinput");
  return devices;
}

export class Page implements View {
  /** Everything the page shows; our events bubble to it. */
  readonly element = document.createElement("div");
  private readonly builder: Builder;
  private readonly parts: Map<number, LayoutPart>;
  private readonly notices = new Notices();
  private readonly recorders = new Recorders();
  private readonly footer: Footer;
  private readonly latencies: LatencySwitch;
  /** The runs that a component waits for; the newest is shown. */
  private readonly runs = new Map<number, Map<number, RunView>>();
  private readonly progress = new ProgressPlaces();
  /** Ends the watch over the trouble that a component shows. */
  private readonly watches = new Map<number, () => void>();

  constructor(manifest: Manifest) {
    const main = document.createElement("main");
    main.className = "ms-page";
    // Scripts and style sheets that were written for Gradio look for the second name.
    this.element.className = "ms-app gradio-container";
    this.builder = new Builder(manifest);
    this.parts = this.builder.parts;
    this.builder.look();
    main.append(...(manifest.root.children ?? []).map((child) => this.builder.make(child).element));
    this.latencies = new LatencySwitch(
      manifest,
      this.element,
      (id) => this.able(id, "place") ?? this.able(id, "setLevel"),
    );
    new Formulas(manifest, this.element);
    serveNeeds(manifest, this.element);
    this.footer = new Footer(manifest.title, manifest.latency);
    this.element.append(main);
    if (manifest.logout) this.footer.offerLogout();
    if (manifest.footer || manifest.latency || manifest.logout) this.element.append(this.footer.element);
    this.element.append(this.recorders.element, this.notices.element);
    if (!window.isSecureContext) for (const component of this.parts.keys()) this.warn(component);
  }

  /** Browsers give no device to a page that came by plain HTTP from another machine: better said before the click. */
  private warn(component: number): void {
    const element = this.able(component, "stream");
    const device = element && devicesOf(element)[0];
    if (!device || !element.props.interactive || !("sources" in element.props)) return;
    const name = device === "videoinput" ? "camera" : "microphone";
    const sources = element.props.sources as readonly string[];
    if (sources.includes(name === "camera" ? "webcam" : name) && sources.length === 1)
      this.setStream(component, { ...element.stream, trouble: trouble("insecure", name) });
  }

  applyProps(component: number, props: Props): void {
    this.parts.get(component)?.apply(props);
  }

  empty(component: number): void {
    const element = this.parts.get(component)?.element as Leaf | undefined;
    if (element) element.isEmptied = true;
  }

  declare(place: number, nodes: readonly Node[], problem: string): void {
    this.builder.look();
    this.placeOf(place)?.show(nodes, this.builder, problem);
  }

  forget(elements: readonly number[], place: number): void {
    for (const element of elements) {
      this.parts.delete(element);
      this.runs.delete(element);
      this.watches.get(element)?.();
      this.watches.delete(element);
    }
    this.placeOf(place)?.rest();
  }

  /** The element that shows what a render declares. */
  private placeOf(place: number): RenderPlace | undefined {
    return this.parts.get(place)?.element as RenderPlace | undefined;
  }

  setStream(component: number, stream: StreamView): void {
    const element = this.able(component, "stream");
    if (!element) return;
    element.stream = stream;
    this.recorders.update(element, stream);
    this.watches.get(component)?.();
    this.watches.delete(component);
    const over = (): void => this.setStream(component, { ...stream, trouble: null });
    if (stream.trouble) this.watches.set(component, whenOver(stream.trouble, devicesOf(element), over));
  }

  setLevel(component: number, level: AudioLevel): void {
    this.able(component, "setLevel")?.setLevel(level);
  }

  setAudio(component: number, audio: AudioView | null): void {
    const element = this.able(component, "audio");
    if (element) element.audio = audio;
  }

  setVideo(component: number, video: VideoView | null): void {
    const element = this.able(component, "video");
    if (element) element.video = video;
  }

  setHeard(component: number, playedS: number, level: AudioLevel): void {
    this.able(component, "setHeard")?.setHeard(playedS, level);
  }

  setUpload(component: number, upload: UploadView | null): void {
    const element = this.able(component, "upload");
    if (element) element.upload = upload;
  }

  refuse(component: number, message: string): boolean {
    const element = this.able(component, "refuse");
    // A field that is hidden, also by its tab, would swallow it.
    if (!element?.checkVisibility()) return false;
    element.refuse(message);
    return true;
  }

  setRun(run: RunView): void {
    const shownOn = this.progress.of(run, (component) => this.able(component, "run"));
    for (const component of new Set([...run.outputs, ...shownOn])) {
      const runs = this.runs.get(component) ?? new Map<number, RunView>();
      this.runs.set(component, runs);
      runs.delete(run.call);
      const shown: RunView = shownOn.has(component) ? run : { ...run, progress: "hidden" };
      if (run.state === "waiting" || run.state === "running") runs.set(run.call, shown);
      const hasFailed = run.state === "failed" && run.outputs.includes(component);
      const element = this.able(component, "run");
      const newest = [...runs.values()].at(-1) ?? (hasFailed ? run : null);
      if (element && !isAlike(element.run, newest)) element.run = newest;
    }
  }

  connection(connection: ConnectionView): void {
    this.notices.setConnection(connection);
    if (connection.state === "connecting") this.latencies.begin();
    this.element.toggleAttribute("data-held", connection.state === "lost");
    if (connection.state === "open") this.forgetRestart();
  }

  /** The app is there again: what it said as it was being restarted is no longer so. */
  private forgetRestart(): void {
    for (const component of this.parts.keys()) {
      const run = this.able(component, "run");
      if (run?.run?.state === "failed" && RESTARTING.test(run.run.message)) run.run = null;
      const recorder = this.able(component, "stream");
      if (recorder?.stream.trouble && RESTARTING.test(recorder.stream.trouble.message))
        this.setStream(component, { ...recorder.stream, trouble: null });
    }
  }

  toast(toast: ToastView): void {
    this.notices.toast(toast);
  }

  latency(component: number, latency: LatencyView | null): void {
    this.latencies.show(component, latency);
    this.footer.setLatency(component, latency?.backlogS == null ? latency : null);
  }

  surface(component: number): OutputSurface | null {
    return this.able(component, "place") as (Leaf & OutputSurface) | null;
  }

  /** The element of a component, if it has `ability`; nobody asks for its type. */
  private able<A extends keyof Abilities>(component: number, ability: A): (Leaf & Pick<Abilities, A>) | null {
    const element = this.parts.get(component)?.element;
    return element && ability in element ? (element as Leaf & Pick<Abilities, A>) : null;
  }
}
