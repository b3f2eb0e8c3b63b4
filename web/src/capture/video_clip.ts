/** A video that is recorded and not streamed: what the user saw, mirrored if it was, and the microphone with it. */

import { isPrompt } from "../media/browser_answers.ts";
import { t } from "../words.ts";
import type { Camera } from "./camera.ts";
import { eachFrame } from "./presented_frames.ts";

/** A longer recording ends by itself: more than half an hour at the bit rates that browsers choose. */
const MAX_VIDEO_BYTES = 512 * 1024 * 1024;

/** The interval at which the recorder hands over what it recorded, in milliseconds. */
const SLICE_MS = 1000;

/** A recorder that has not ended by then never does. */
const END_MS = 10_000;

const EMPTY = t("This browser recorded nothing: use another one, or upload a video file.");

/** The formats that a recorder may make, the one that most programs read first. */
const KINDS = [
  { mime: "video/mp4;codecs=avc1.42E01F,mp4a.40.2", end: "mp4" },
  { mime: "video/mp4;codecs=avc1.42E01F", end: "mp4" },
  { mime: "video/webm;codecs=vp9,opus", end: "webm" },
  { mime: "video/webm", end: "webm" },
  { mime: "video/mp4", end: "mp4" },
];

export class VideoClip {
  private readonly video = document.createElement("video");
  private readonly canvas = document.createElement("canvas");
  private readonly full: () => void;
  private readonly stopFrames: () => void;
  private mirrored = false;
  private audio: { context: AudioContext; target: MediaStreamAudioDestinationNode } | null = null;
  private source: MediaStreamAudioSourceNode | null = null;
  private recorder: MediaRecorder | null = null;
  private end = "webm";
  private readonly parts: Blob[] = [];
  private bytes = 0;
  private isHeld = true;
  private isOver = false;
  /** The error that ended it, for the user; empty if there is none. */
  private problem = "";

  /** Starts with the first frame after `hold(false)`. `full` is called when no more fits, or when it cannot go on. */
  constructor(camera: Camera, microphone: MediaStreamTrack | null, full: () => void) {
    this.full = full;
    this.video.muted = true;
    this.video.playsInline = true;
    this.change(camera, microphone);
    this.stopFrames = eachFrame(this.video, () => {
      try {
        this.take();
      } catch (error) {
        this.fail(error);
      }
    });
  }

  /** Nothing is recorded while it is held, and nothing of that time is to be seen in the video. */
  hold(isHeld: boolean): void {
    if (isHeld === this.isHeld) return;
    this.isHeld = isHeld;
    if (isHeld) this.recorder?.pause();
    else this.recorder?.resume();
  }

  /** Other devices go on with the same video. */
  change({ preview, mirrored }: Camera, microphone: MediaStreamTrack | null): void {
    this.mirrored = mirrored;
    this.video.srcObject = preview;
    void this.video.play().catch(() => {}); // a camera that is closed before it showed a frame
    this.source?.disconnect();
    this.source = null;
    if (!microphone) return;
    this.audio ??= listen();
    this.source = this.audio.context.createMediaStreamSource(new MediaStream([microphone]));
    this.source.connect(this.audio.target);
  }

  /** Ends the recording; null if it was held all the time. Rejects with a sentence if nothing came of it. */
  async finish(): Promise<File | null> {
    this.isOver = true;
    this.stopFrames();
    this.video.srcObject = null;
    try {
      if (this.recorder) await isPrompt(stopped(this.recorder), END_MS);
    } finally {
      this.letGo();
    }
    if (this.bytes > 0) return new File(this.parts, `recording.${this.end}`, { type: this.type });
    if (this.isHeld && !this.recorder && !this.problem) return null;
    throw new Error(this.problem || EMPTY);
  }

  private get type(): string {
    return this.recorder?.mimeType.split(";")[0] ?? "";
  }

  private take(): void {
    if (this.isOver) return;
    this.draw();
    if (!this.recorder && !this.isHeld) this.start();
  }

  /** The recording cannot go on; what there is of it is kept. */
  private fail(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.problem = t("This browser could not record a video: {reason}", {
      reason: error instanceof Error ? error.message : String(error),
    });
    this.full();
  }

  private draw(): void {
    const { video, canvas } = this;
    // What records cannot change its size on the way: another camera's frame is fitted in.
    if (!this.recorder) [canvas.width, canvas.height] = [even(video.videoWidth), even(video.videoHeight)];
    const context = canvas.getContext("2d");
    if (!context) throw new Error("this browser gives no 2d canvas: the camera cannot be recorded");
    const { width, height } = canvas;
    context.setTransform(this.mirrored ? -1 : 1, 0, 0, 1, this.mirrored ? width : 0, 0);
    const scale = Math.min(width / video.videoWidth, height / video.videoHeight);
    const [w, h] = [video.videoWidth * scale, video.videoHeight * scale];
    context.drawImage(video, (width - w) / 2, (height - h) / 2, w, h);
  }

  private start(): void {
    const tracks = [...this.canvas.captureStream().getTracks(), ...(this.audio?.target.stream.getTracks() ?? [])];
    const kind = KINDS.find(({ mime }) => MediaRecorder.isTypeSupported(mime));
    this.end = kind?.end ?? "webm";
    this.recorder = new MediaRecorder(new MediaStream(tracks), kind ? { mimeType: kind.mime } : {});
    this.recorder.ondataavailable = ({ data }) => {
      this.parts.push(data);
      this.bytes += data.size;
      if (this.bytes > MAX_VIDEO_BYTES && !this.isOver) this.full();
    };
    this.recorder.onerror = (event) => this.fail((event as ErrorEvent).error);
    this.recorder.start(SLICE_MS);
  }

  private letGo(): void {
    this.source?.disconnect();
    void this.audio?.context.close();
    for (const track of this.recorder?.stream.getTracks() ?? []) track.stop();
  }
}

/** Stops a recorder; resolves when it has handed over everything. */
function stopped(recorder: MediaRecorder): Promise<void> {
  return new Promise((resolve) => {
    recorder.onstop = () => resolve();
    // One that an error has ended hands over its last part in a moment.
    if (recorder.state === "inactive") setTimeout(resolve);
    else recorder.stop();
  });
}

function listen(): { context: AudioContext; target: MediaStreamAudioDestinationNode } {
  const context = new AudioContext();
  return { context, target: context.createMediaStreamDestination() };
}

/** Encoders want whole pairs of pixels. */
function even(side: number): number {
  return Math.max(2, side - (side % 2));
}
