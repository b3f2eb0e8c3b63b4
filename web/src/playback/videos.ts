/** Streamed videos: from the bytes of a fragmented MP4 to one `<video>` for each playback, and back how far it has been seen. */

import type { VideoSegment } from "../codecs/types.ts";
import { OUTPUT_CLASS } from "../constants.ts";
import { errorName } from "../media/browser_answers.ts";
import { timed } from "../media/mp4.ts";
import type { VideoView } from "../states.ts";
import type { Played } from "../wire/messages.ts";
import { t } from "../words.ts";

/** Positions are told in milliseconds. */
const RATE = 1000;

/** After the first stall so much is gathered before it goes on; after each further one twice as much, up to the second. */
const FIRST_HOLD_S = 0.25;
const LONGEST_HOLD_S = 2;

/** With so much still to be shown it is not data that is missing. */
const ENOUGH_S = 0.2;

/** A browser that takes no more is given room: what was seen longer ago than this is let go. */
const BEHIND_S = 10;

/** The most that is kept of a video for downloading; of a longer one nothing is. */
const MAX_KEPT_BYTES = 512 * 1024 * 1024;

export interface VideosEvents {
  tell(message: Played): void;
  show(component: number, video: VideoView | null): void;
}

export class Videos {
  private readonly events: VideosEvents;
  /** The one of each component, while it comes and after. */
  private readonly videos = new Map<number, StreamedVideo>();
  private newest = 0;

  constructor(events: VideosEvents) {
    this.events = events;
  }

  receive(segment: VideoSegment): void {
    let video = this.videos.get(segment.component);
    if (video?.playback !== segment.playback) {
      // One that was silenced: its last packets were on their way.
      if (segment.playback <= this.newest) return;
      video?.close();
      this.newest = segment.playback;
      video = new StreamedVideo(segment.playback, segment.component, this.events);
      this.videos.set(segment.component, video);
    }
    video.take(segment);
  }

  silence(playback: number): void {
    this.newest = Math.max(this.newest, playback);
    for (const video of this.videos.values()) if (video.playback === playback) video.cut();
  }

  /** True if a component has a streamed video, while it comes or after. */
  has(component: number): boolean {
    return this.videos.has(component);
  }

  /** The viewer has seen enough of it: what came until now is all. */
  stop(component: number): void {
    this.videos.get(component)?.cut();
  }

  /** Something else is shown in its place. */
  forget(component: number): void {
    this.videos.get(component)?.close();
    if (this.videos.delete(component)) this.events.show(component, null);
  }

  /** The session is over: nothing more comes, and the next one counts anew. */
  clear(): void {
    for (const video of this.videos.values()) video.abandon();
    this.newest = 0;
  }
}

type Bytes = Pick<VideoSegment, "sequence" | "data">;

/** Safari on phones has only the second one, with the same interface. */
function sourceClass(): typeof MediaSource | undefined {
  return globalThis.MediaSource ?? (globalThis as { ManagedMediaSource?: typeof MediaSource }).ManagedMediaSource;
}

class StreamedVideo {
  readonly playback: number;
  private readonly component: number;
  private readonly events: VideosEvents;
  private readonly video = document.createElement("video");
  private source: MediaSource | null = null;
  private address = "";
  private buffer: SourceBuffer | null = null;
  private mime = "";
  private readonly waiting: Bytes[] = [];
  private appending: Bytes | null = null;
  private received = 0;
  private holdS = FIRST_HOLD_S / 2;
  private readonly kept: Blob[] = [];
  private keptBytes = 0;
  private isComplete = false;
  /** The server is not told anything any more. */
  private isOver = false;
  /** Another one, or something else, is shown in its place. */
  private isClosed = false;

  constructor(playback: number, component: number, events: VideosEvents) {
    this.playback = playback;
    this.component = component;
    this.events = events;
    this.prepare(this.video);
    this.show("coming");
  }

  take({ sequence, data, isLast }: VideoSegment): void {
    if (this.isOver) return;
    if (isLast) {
      this.isComplete = true;
      this.pump();
    } else if (this.mime) {
      this.waiting.push({ sequence, data });
      this.pump();
    } else {
      this.received = sequence;
      this.mime = new TextDecoder().decode(data);
      this.open();
    }
  }

  /** Nothing more of it is to be seen than was seen until now. */
  cut(): void {
    if (this.isOver) return;
    this.video.pause();
    this.tell("ended");
    this.abandon();
  }

  /** The same, and nobody is there to be told. */
  abandon(): void {
    this.waiting.length = 0;
    this.isComplete = true;
    this.isOver = true;
    this.pump();
    if (!this.buffer) this.show("complete");
  }

  /** Lets go of everything. */
  close(): void {
    this.isOver = this.isClosed = true;
    this.video.pause();
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = "";
  }

  private prepare(video: HTMLVideoElement): void {
    video.className = OUTPUT_CLASS;
    video.playsInline = true;
    video.controls = true;
    video.disableRemotePlayback = true; // without this Safari's source never opens
    for (const event of ["play", "pause", "timeupdate", "seeked"]) video.addEventListener(event, () => this.tell());
    video.addEventListener("waiting", () => this.hold());
    video.addEventListener("ended", () => this.finish());
    video.addEventListener("error", () => this.break(video.error?.message ?? ""));
  }

  private open(): void {
    const { mime } = this;
    const Source = sourceClass();
    if (!Source?.isTypeSupported(mime)) {
      this.break(`this browser does not play ${mime}`);
      return;
    }
    const source = new Source();
    this.source = source;
    source.addEventListener("sourceopen", () => {
      this.buffer = source.addSourceBuffer(mime);
      this.buffer.addEventListener("updateend", () => this.updated());
      this.pump();
    });
    this.address = URL.createObjectURL(source);
    this.video.src = this.address;
  }

  /** Hands the browser what comes next, one after the other. */
  private pump(): void {
    const { buffer, source } = this;
    // `updateend` comes a moment after `updating` has become false: only then is it known what has been taken.
    if (!buffer || this.appending || buffer.updating || source?.readyState === "closed") return;
    const next = this.waiting[0];
    if (next) this.append(buffer, next);
    else if (this.isComplete && source?.readyState === "open") this.endSource(source);
  }

  private append(buffer: SourceBuffer, bytes: Bytes): void {
    try {
      buffer.appendBuffer(bytes.data);
      this.appending = bytes;
      this.waiting.shift();
    } catch (error) {
      if (errorName(error) === "QuotaExceededError") this.makeRoom(buffer);
      else this.break(error instanceof Error ? error.message : String(error));
    }
  }

  private makeRoom(buffer: SourceBuffer): void {
    const until = this.video.currentTime - BEHIND_S;
    const start = buffer.buffered.length > 0 ? buffer.buffered.start(0) : 0;
    if (until > start + 1) buffer.remove(0, until);
    else this.video.addEventListener("timeupdate", () => this.pump(), { once: true }); // when more has been seen
  }

  /** The browser is done with what it was handed, or has made room. */
  private updated(): void {
    const { buffer, video, appending } = this;
    if (appending) {
      this.received = appending.sequence;
      this.keep(appending.data);
    }
    this.appending = null;
    const first = buffer && buffer.buffered.length > 0 ? buffer.buffered.start(0) : 0;
    if (video.currentTime < first && video.played.length === 0) video.currentTime = first;
    this.release();
    this.pump();
    this.tell();
  }

  /** Nothing is there to be shown: a little is gathered, so that it does not stop again at once. */
  private hold(): void {
    const { video } = this;
    if (this.isOver || this.isComplete || video.played.length === 0) return;
    // A machine that is too busy to decode what it has would not be helped.
    if (this.endS - video.currentTime > ENOUGH_S) return;
    this.holdS = Math.min(LONGEST_HOLD_S, this.holdS * 2);
    video.playbackRate = 0;
    this.release();
  }

  private release(): void {
    const { video } = this;
    if (video.playbackRate === 0 && (this.isComplete || this.endS - video.currentTime >= this.holdS)) {
      video.playbackRate = 1;
    }
  }

  private keep(data: Uint8Array<ArrayBuffer>): void {
    this.keptBytes += data.byteLength;
    if (this.keptBytes > MAX_KEPT_BYTES) this.kept.length = 0;
    else this.kept.push(new Blob([data]));
  }

  private endSource(source: MediaSource): void {
    source.endOfStream();
    this.release();
    void this.file().then((file) => this.show("complete", file));
  }

  /** The whole as one file, whose length is known by now; null if it is too long. */
  private async file(): Promise<Blob | null> {
    const [first, ...rest] = this.kept;
    if (!first || this.keptBytes > MAX_KEPT_BYTES) return null;
    const beginning = timed(new Uint8Array(await first.arrayBuffer()), this.endS);
    return new Blob([beginning, ...rest], { type: "video/mp4" });
  }

  private finish(): void {
    if (!this.isComplete) return;
    this.tell("ended");
    this.isOver = true;
  }

  private break(problem: string): void {
    if (this.isOver) return;
    this.tell("broken", problem);
    this.isOver = true;
    this.show("complete", null, t("This video cannot be played."));
  }

  private get endS(): number {
    const { buffered } = this.video;
    return buffered.length > 0 ? buffered.end(buffered.length - 1) : 0;
  }

  private show(state: VideoView["state"], file: Blob | null = null, problem = ""): void {
    if (this.isClosed) return;
    const { playback, video: element } = this;
    this.events.show(this.component, { playback, element, state, file, problem });
  }

  private tell(state?: NonNullable<Played["state"]>, message?: string): void {
    if (this.isOver) return;
    const { playback, received, video } = this;
    const samples = Math.round(this.endS * RATE);
    const played = video.ended ? samples : Math.min(Math.round(video.currentTime * RATE), samples);
    const told = state ?? (video.paused && !video.ended ? "paused" : "playing");
    this.events.tell({ type: "played", playback, received, rate: RATE, samples, played, state: told, message });
  }
}
