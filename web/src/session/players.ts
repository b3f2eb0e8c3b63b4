/** Players of streamed audio and video in the page: loudspeakers, `<video>` elements, and replays. */

import type { ListenDetail } from "../constants.ts";
import type { Binding, Manifest } from "../manifest.ts";
import { Replays } from "../playback/replays.ts";
import { Speakers, USUAL_RATE_HZ } from "../playback/speakers.ts";
import type { Videos } from "../playback/videos.ts";
import type { View } from "../shell/view.ts";
import type { FromWorkerOf, ToWorker } from "../workers/port.ts";
import type { Store } from "./store.ts";

/** The script of streamed videos. */
type VideosScript = typeof import("../playback/videos.ts");

/** A script that cannot be loaded, since the link is lost, is asked for again after this time. */
const LOAD_AGAIN_MS = 1_000;

export interface PlayersEvents {
  post(message: ToWorker, transfer?: Transferable[]): void;
  /** For the app: `play`, `pause`, `stop`. */
  fire(component: number, event: string): void;
}

export class Players {
  private readonly manifest: Manifest;
  private readonly store: Store;
  private readonly events: PlayersEvents;
  private readonly speakers: Speakers;
  private readonly view: View;
  /** Null before the first one: few apps stream videos. */
  private videos: Promise<Videos> | null = null;
  private readonly replays: Replays;

  constructor(manifest: Manifest, store: Store, view: View, events: PlayersEvents) {
    this.manifest = manifest;
    this.store = store;
    this.events = events;
    this.view = view;
    this.speakers = new Speakers(new URL(manifest.assets.speaker_worklet, document.baseURI).href, {
      show: (component, state) => view.setAudio(component, { state }),
      paused: (playback, isPaused) => events.post({ type: "pauseplayback", playback, isPaused }),
      stopped: (playback) => events.post({ type: "stopplayback", playback }),
      fire: (component, event) => events.fire(component, event),
      failed: (message) => view.toast({ level: "error", title: "", message, durationS: 10 }),
    });
    this.replays = new Replays((component, audio) => view.setAudio(component, audio));
  }

  /** The user did something that may have a spoken reply, by the bindings that it triggers. */
  expect(isBegun: (binding: Binding) => boolean, usualRate = USUAL_RATE_HZ): void {
    for (const output of this.manifest.bindings.filter(isBegun).flatMap(({ outputs }) => outputs)) {
      const { sample_rate: rate } = this.store.props(output);
      if (this.store.can(output, "plays_audio")) this.speakers.prepare(output, (rate as number | null) ?? usualRate);
    }
  }

  /** The first samples of a playback have arrived. */
  open({ component, playback, rate, channels, port }: FromWorkerOf<"playbackopened">): void {
    this.replays.forget(component);
    const autoplay = this.store.props(component)["autoplay"] === true;
    void this.speakers.open({ component, playback, rate, channels, autoplay }, port);
  }

  /** The next segment of a video. */
  receive(segment: FromWorkerOf<"video">): void {
    this.videos ??= this.loadVideos();
    this.use((videos) => videos.receive(segment));
  }

  /** The user starts, pauses or ends a playback. */
  control({ component, action }: ListenDetail): void {
    if (action !== "stop" || !this.videos) {
      this.speakers[action](component);
      return;
    }
    // A video has its own controls; only one that is still arriving can be ended here.
    this.use((videos) => {
      if (videos.has(component)) videos.stop(component);
      else this.speakers.stop(component);
    });
  }

  async decode({ playback, file, form }: FromWorkerOf<"decode">): Promise<void> {
    const audio = await this.speakers.decode(file, form);
    this.events.post({ type: "decoded", playback, audio }, audio ? [audio.samples.buffer] : []);
  }

  /** A playback of audio is over. */
  end({ component, playback, isCut, problem, file }: FromWorkerOf<"playbackended">): void {
    if (!this.speakers.close(component, playback)) return;
    this.replays.keep(component, file, problem);
    if (!isCut) this.events.fire(component, "stop");
  }

  /** The server silences a playback of video; that of audio is the worker's. */
  silence(playback: number): void {
    this.use((videos) => videos.silence(playback));
  }

  /** Something else replaces the playback of a component. */
  forget(component: number): void {
    this.replays.forget(component);
    this.use((videos) => videos.forget(component));
  }

  /** The session is over. */
  clear(): void {
    this.use((videos) => videos.clear());
  }

  /** Does something with the videos, in order, if there have been any. */
  private use(act: (videos: Videos) => void): void {
    void this.videos?.then(act);
  }

  private async loadVideos(attempt = 0): Promise<Videos> {
    const { manifest, view, events } = this;
    const address = new URL(manifest.assets.videos, document.baseURI);
    // Some browsers remember for good that an address could not be loaded.
    if (attempt > 0) address.search = String(attempt);
    try {
      const { Videos: Loaded } = (await import(/* @vite-ignore */ address.href)) as VideosScript;
      return new Loaded({
        tell: (message) => events.post({ type: "tell", message }),
        show: (component, video) => view.setVideo(component, video),
      });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, LOAD_AGAIN_MS));
      return this.loadVideos(attempt + 1);
    }
  }
}
