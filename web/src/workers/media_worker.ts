/** The media worker's parts, put together: the link, the ways up, the way down. It runs wherever its two ends are given. */

import { AudioCapture, AudioUplink } from "../capture/audio_uplink.ts";
import { AvUplink } from "../capture/av_uplink.ts";
import { readCamera } from "../capture/camera_frames.ts";
import { FrameUplink } from "../capture/frame_uplink.ts";
import type { Uplink } from "../capture/uplink.ts";
import { FRAME_CODECS } from "../codecs/codecs.ts";
import { MAX_AUDIO_BYTES } from "../codecs/pcm16.ts";
import { type CodecSupport, NO_SUPPORT } from "../codecs/support.ts";
import type { AudioBlock, CameraFrame, FrameTarget } from "../codecs/types.ts";
import { openSink, TrackSink } from "../playback/frame_sink.ts";
import { LatencyMeter, type ShownFrame } from "../playback/latency.ts";
import { LatencyWatch } from "../playback/latency_watch.ts";
import { Overlays } from "../playback/overlays.ts";
import { Playbacks } from "../playback/playbacks.ts";
import { Presenter } from "../playback/presenter.ts";
import { pageUs } from "../transport/clock.ts";
import { DownCredit } from "../transport/credit.ts";
import type { LinkEvents } from "../transport/link.ts";
import { Link } from "../transport/link.ts";
import type { StopReason, StreamState } from "../wire/messages.ts";
import type { Packet } from "../wire/packet.ts";
import { CodecNumber, isLast, PacketKind } from "../wire/packet.ts";
import type { FromWorker, OpenStream, ToWorker, ToWorkerOf } from "./port.ts";

/** A message that the link leaves for us to handle. */
type Message = Parameters<LinkEvents["message"]>[0];

interface Device {
  close(): void;
}

interface CameraDevice extends Device {
  isMirrored: boolean;
}

interface MicrophoneDevice extends Device {
  capture: AudioCapture;
}

export class MediaWorker {
  private readonly post: (message: FromWorker, transfer?: Transferable[]) => void;
  private readonly probe: (known: (support: CodecSupport) => void) => void;
  private link: Link | null = null;
  /** By component; one that records video with audio has both. */
  private readonly cameras = new Map<number, CameraDevice>();
  private readonly microphones = new Map<number, MicrophoneDevice>();
  private readonly uplinks = new Map<number, Uplink>();
  /** Streams that were stopped and have not ended: they capture nothing more, whatever the server has said meanwhile. */
  private readonly stopped = new Set<number>();
  private readonly downCredits = new Map<number, DownCredit>();
  private readonly tracks = new Map<number, TrackSink>();
  private isHidden = false;
  private readonly presenter: Presenter;
  private readonly overlays: Overlays;
  private readonly playbacks: Playbacks;
  private readonly latency: LatencyMeter;
  private readonly latencyWatch: LatencyWatch;

  private readonly pageHandlers: { [Type in ToWorker["type"]]: (message: ToWorkerOf<Type>) => void } = {
    overlay: ({ address }) => {
      this.overlays.address = address;
    },
    connect: (message) => this.connect(message),
    send: ({ message, seen }) => this.send(message.type === "cancel" ? message : { ...message, seen }),
    camera: (message) => this.openCamera(message),
    microphone: (message) => this.openMicrophone(message),
    release: ({ component }) => this.release(component),
    open: ({ stream }) => this.open(stream),
    stop: ({ stream, reason, message }) => this.stop(stream, reason, message),
    target: ({ component, target }) => this.setTarget(component, target),
    shown: (shot) => this.reportShown(shot, shot.pageUs),
    presented: ({ component, timestampUs, pageUs }) => this.tracks.get(component)?.presented(timestampUs, pageUs),
    pauseplayback: ({ playback, isPaused }) => this.playbacks.setPaused(playback, isPaused),
    stopplayback: ({ playback }) => this.playbacks.stop(playback),
    decoded: ({ playback, audio }) => this.playbacks.decoded(playback, audio),
    tell: ({ message }) => this.link?.send(message),
    covered: ({ component }) => this.presenter.cover(component),
    visible: ({ hidden }) => this.setHidden(hidden),
    watch: ({ on }) => this.latencyWatch.watch(on),
    bye: () => {
      this.link?.close();
      this.clear();
    },
  };

  private readonly serverHandlers: { [Type in Message["type"]]: (message: Extract<Message, { type: Type }>) => void } =
    {
      outputs: (message) => this.presenter.announce(message),
      credit: ({ stream, limit }) => this.uplinks.get(stream)?.raise(limit),
      keyframe: ({ stream }) => this.uplinks.get(stream)?.requestKeyFrame?.(),
      encode: (message) => this.uplinks.get(message.stream)?.encodeAs?.(message),
      streamstate: (state) => this.move(state),
      turnstate: (turn) => this.post({ type: "turn", turn }),
      runstate: (state) => this.post({ type: "run", state }),
      progress: (progress) => this.post({ type: "progress", progress }),
      toast: (toast) => this.post({ type: "toast", toast }),
      script: (script) => this.post({ type: "script", script }),
      latency: (latency) => this.latency.told(latency),
      silence: ({ playback }) => {
        this.playbacks.silence(playback);
        this.post({ type: "silence", playback });
      },
    };

  /** `post` speaks to the page; `probe` calls back when it is known which video codecs the browser has. */
  constructor(
    post: (message: FromWorker, transfer?: Transferable[]) => void,
    probe: (known: (support: CodecSupport) => void) => void = (known) => known(NO_SUPPORT),
  ) {
    this.post = post;
    this.probe = probe;
    this.latency = new LatencyMeter(
      () => this.link?.clock ?? null,
      (component, view) => post({ type: "latency", component, view }),
    );
    this.latencyWatch = new LatencyWatch(this.latency, (message) => this.link?.send(message));
    this.playbacks = new Playbacks({
      tell: (message) => this.link?.send(message),
      open: (audio, port) => post({ type: "playbackopened", ...audio, port }, [port]),
      decode: (playback, { buffer: file }, form) => post({ type: "decode", playback, file, form }, [file]),
      heard: (component, playedS, level) => post({ type: "playbackposition", component, playedS, level }),
      over: (ended) => post({ type: "playbackended", ...ended }),
    });
    this.overlays = new Overlays({
      cameraOf: (stream) => {
        const component = this.uplinks.get(stream)?.component ?? 0;
        const camera = this.cameras.get(component);
        return camera ? { component, isMirrored: camera.isMirrored } : null;
      },
      carry: (component, capturedUs, make) => this.presenter.carry(component, capturedUs, make),
      described: (component, words) => post({ type: "described", component, words }),
    });
    this.presenter = new Presenter(new Map([...FRAME_CODECS, [CodecNumber.OVERLAY, this.overlays.codec]]), {
      apply: ({ stream, run, seen, updates }, images, upTo) => {
        const transfer = images.map((image) => image.data.buffer);
        post({ type: "apply", stream, run, seen, updates, images, upTo }, transfer);
      },
      streaming: (component, stream) => post({ type: "streaming", component, stream }),
      missing: (stream, component) => this.link?.send({ type: "keyframe", stream, component }),
      failed: (_packet, error) => {
        const message = `An image could not be shown: ${describe(error)}`;
        post({ type: "toast", toast: { type: "toast", level: "warning", title: "", message, duration_s: 10 } });
      },
    });
  }

  handle(message: ToWorker): void {
    (this.pageHandlers[message.type] as (message: ToWorker) => void)(message);
  }

  private connect({ url, build, hidden }: ToWorkerOf<"connect">): void {
    this.isHidden = hidden;
    this.presenter.setHidden(hidden);
    const events: LinkEvents = {
      welcome: ({ session, build: serverBuild }) => {
        this.grant(0);
        if (this.isHidden) this.link?.send({ type: "visible", hidden: true });
        this.latencyWatch.welcome();
        this.post({ type: "welcome", session, build: serverBuild });
      },
      refused: (refuse) => this.post({ type: "refused", refuse }),
      lost: (retryMs) => {
        this.clear();
        this.post({ type: "lost", retryMs });
      },
      message: (message) => (this.serverHandlers[message.type] as (message: Message) => void)(message),
      packet: (packet) => this.receivePacket(packet),
      stood: (untilUs) => this.presenter.freshness.stood(untilUs),
    };
    this.link ??= new Link(url, build, events);
    this.probe((support) => this.link?.connect(support));
  }

  private send(message: ToWorkerOf<"send">["message"]): void {
    if (this.link?.send(message) === false) this.post({ type: "toolarge", message });
    else if (message.type === "set")
      this.post({ type: "sent", component: message.component, seq: this.link?.sent ?? 0 });
  }

  private setHidden(hidden: boolean): void {
    this.isHidden = hidden;
    this.presenter.setHidden(hidden);
    this.link?.send({ type: "visible", hidden });
  }

  /** The session is over: nothing of it goes on. Devices stay until the page closes them. */
  private clear(): void {
    for (const uplink of this.uplinks.values()) uplink.pause();
    this.uplinks.clear();
    this.stopped.clear();
    this.downCredits.clear();
    this.presenter.clear();
    this.playbacks.clear();
    this.latency.clear();
  }

  // ---- up --------------------------------------------------------------------------------------------------------

  private openCamera({ component, source, options }: ToWorkerOf<"camera">): void {
    this.cameras.get(component)?.close();
    this.overlays.release(component);
    const uplinks = (): FrameUplink[] => this.uplinksOf(component).filter((uplink) => uplink instanceof FrameUplink);
    const fail = (error: unknown): void => {
      const message = `A frame of the camera could not be sent: ${describe(error)}`;
      for (const uplink of uplinks()) this.break(uplink.stream, "failed", message);
    };
    const watch = (frame: CameraFrame, capturedUs: number, isSent: boolean): void => {
      if (isSent) this.latency.drawn(capturedUs, pageUs());
      this.overlays.offer(component, frame, capturedUs, isSent);
    };
    const close = readCamera(source, options, { uplinks, fail, watch });
    this.cameras.set(component, { close, isMirrored: options.mirror });
  }

  private openMicrophone({ component, port, format }: ToWorkerOf<"microphone">): void {
    this.microphones.get(component)?.close();
    const uplinks = (): AudioUplink[] => this.uplinksOf(component).filter((uplink) => uplink instanceof AudioUplink);
    const capture = new AudioCapture(format, uplinks, (level) => this.post({ type: "level", component, level }));
    port.onmessage = ({ data }: MessageEvent<AudioBlock>) => capture.offer(data);
    this.microphones.set(component, { capture, close: () => port.close() });
  }

  private release(component: number): void {
    this.overlays.release(component);
    for (const devices of [this.cameras, this.microphones]) {
      devices.get(component)?.close();
      devices.delete(component);
    }
  }

  private open(stream: OpenStream): void {
    const uplink = this.uplinkFor(stream);
    if (!uplink) return;
    if (uplink instanceof AudioUplink && uplink.chunkBytes > MAX_AUDIO_BYTES) {
      const message = `${stream.everyS} s of this microphone do not fit into one packet: the app must ask for less.`;
      this.post({ type: "broken", stream: stream.stream, reason: "failed", message });
      return;
    }
    this.uplinks.set(stream.stream, uplink);
    const frames = uplink instanceof AvUplink ? uplink.number : 0;
    if (uplink instanceof AvUplink) this.uplinks.set(frames, uplink.frames);
    this.presenter.freshness.begin(stream.stream, stream.maxAgeS);
    const { stream: number, binding, seen } = stream;
    this.link?.send({ type: "open", stream: number, binding, pictures: frames, seen });
    this.grant(number);
  }

  private uplinkFor({ stream, frames, component, everyS, keep, maxBacklogS }: OpenStream): Uplink | null {
    const send = (packet: Packet): void => {
      this.link?.sendPacket(packet);
      this.latency.sent(packet, stream, pageUs());
    };
    const free = (number: number, nowUs: number): boolean => this.link?.isFree(number, nowUs) ?? false;
    const microphone = this.microphones.get(component)?.capture;
    if (!microphone) return this.cameras.has(component) ? new FrameUplink(stream, component, everyS, send, free) : null;
    const { rate, channels } = microphone.format;
    const behind = `The app is too slow for the microphone: more than ${maxBacklogS} s of audio wait.`;
    const overflow = (): void => this.break(stream, "backlog", behind);
    const options = { rate, channels, everyS, keep, maxBacklogS };
    if (frames) return new AvUplink(stream, frames, component, options, send, overflow, free);
    return new AudioUplink(stream, component, options, send, overflow);
  }

  /** The page, or the user, ends a stream. Its uplink stays until the server has what was flushed. */
  private stop(stream: number, reason: StopReason, message: string): void {
    const uplink = this.uplinks.get(stream);
    if (!uplink) return;
    this.stopped.add(stream);
    this.presenter.freshness.stop(stream);
    // What never fitted into the backlog would never be taken either: only what was sent counts.
    if (reason === "backlog") uplink.pause();
    const final = reason === "backlog" ? uplink.sent : uplink.finish();
    this.link?.send({ type: "stop", stream, final, reason, message });
  }

  private break(stream: number, reason: StopReason, message: string): void {
    this.stop(stream, reason, message);
    this.post({ type: "broken", stream, reason, message });
  }

  private uplinksOf(component: number): Uplink[] {
    return [...this.uplinks.values()].filter((uplink) => uplink.component === component);
  }

  // ---- down ------------------------------------------------------------------------------------------------------

  private move(state: StreamState): void {
    const uplink = this.uplinks.get(state.stream);
    if (state.state === "running" && !this.stopped.has(state.stream)) uplink?.run();
    if (state.state === "waiting") uplink?.pause();
    if (state.state === "stopping") uplink?.expire();
    if (state.state === "ended") {
      uplink?.pause();
      if (uplink instanceof AvUplink) this.uplinks.delete(uplink.number);
      this.uplinks.delete(state.stream);
      this.stopped.delete(state.stream);
      this.downCredits.delete(state.stream);
      this.link?.forget(uplink instanceof AvUplink ? uplink.number : state.stream);
      this.presenter.endStream(state.stream);
      this.latency.endStream(state.stream);
    }
    const deadlinePageUs = state.deadline_us && this.link ? this.link.clock.toPageUs(state.deadline_us) : 0;
    this.post({ type: "state", state, deadlinePageUs });
  }

  private receivePacket(packet: Packet): void {
    if (packet.kind === PacketKind.SOUND) {
      if (packet.codec === CodecNumber.FMP4) this.passVideo(packet);
      else this.playbacks.receive(packet);
      return;
    }
    const limit = this.downCredits.get(packet.stream)?.receive(packet.sequence) ?? null;
    if (limit !== null) this.link?.send({ type: "credit", stream: packet.stream, limit, page_us: pageUs() });
    this.latency.received(packet, pageUs());
    this.presenter.receive(packet);
  }

  /** A video is played by a `<video>`, which is the page's. */
  private passVideo(packet: Packet): void {
    const { component, call: playback, sequence } = packet;
    const data = packet.payload.slice();
    this.post({ type: "video", component, playback, sequence, data, isLast: isLast(packet) }, [data.buffer]);
  }

  /** Lets the server begin to send frames of a stream. */
  private grant(stream: number): void {
    const credit = new DownCredit();
    this.downCredits.set(stream, credit);
    this.link?.send({ type: "credit", stream, limit: credit.limit });
  }

  private setTarget(component: number, target: FrameTarget): void {
    const sink = openSink(target, (shot, atUs) => this.reportShown(shot, atUs));
    if (sink instanceof TrackSink) this.tracks.set(component, sink);
    this.presenter.setSink(component, this.latencyWatch.noting(sink));
  }

  private reportShown(shot: ShownFrame, atUs: number): void {
    const { stream, component, sequence } = shot;
    this.latency.shown(shot, atUs);
    // A frame that no packet brought has no number.
    if (sequence > 0) this.link?.send({ type: "shown", stream, component, sequence, page_us: atUs });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
