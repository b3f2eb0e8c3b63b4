/** The media worker's parts, put together: the link, the ways up, the way down. It runs wherever its two ends are given. */

import { FRAME_CODECS } from "../codecs/codecs.ts";
import { type CodecProbe, NO_CODECS } from "../codecs/support.ts";
import type { FrameTarget } from "../codecs/types.ts";
import { openSink, TrackSink } from "../playback/frame_sink.ts";
import { LatencyMeter, type ShownFrame } from "../playback/latency.ts";
import { LatencyWatch } from "../playback/latency_watch.ts";
import { Overlays } from "../playback/overlays.ts";
import { Playbacks } from "../playback/playbacks.ts";
import { Presenter } from "../playback/presenter.ts";
import { Silences, type StreamSilence } from "../playback/silences.ts";
import { TransportChoice } from "../transport/choice.ts";
import { pageUs } from "../transport/clock.ts";
import { DownCredit } from "../transport/credit.ts";
import type { LinkEvents } from "../transport/link.ts";
import { Link } from "../transport/link.ts";
import type { StreamState, Welcome } from "../wire/messages.ts";
import type { Packet } from "../wire/packet.ts";
import { CodecNumber, isLast, PacketKind } from "../wire/packet.ts";
import { speak, t } from "../words.ts";
import { OpenGate } from "./open_gate.ts";
import type { FromWorker, OpenStream, ToWorker, ToWorkerOf } from "./port.ts";
import { Uplinks } from "./uplinks.ts";

/** So often is looked how long the app has been silent. */
const LOOK_MS = 500;

/** A message that the link leaves for us to handle. */
type Message = Parameters<LinkEvents["message"]>[0];

export class MediaWorker {
  private readonly post: (message: FromWorker, transfer?: Transferable[]) => void;
  private readonly probe: CodecProbe;
  private readonly gate = new OpenGate((message) => this.act(message));
  private link: Link | null = null;
  private readonly uplinks: Uplinks;
  private readonly downCredits = new Map<number, DownCredit>();
  private readonly tracks = new Map<number, TrackSink>();
  private readonly silences = new Silences();
  private looking: ReturnType<typeof setInterval> | undefined;
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
    words: ({ words }) => speak(words),
    connect: (message) => this.connect(message),
    send: ({ message, seen }) => this.send(message.type === "cancel" ? message : { ...message, seen }),
    camera: (message) => {
      this.overlays.release(message.component);
      this.uplinks.openCamera(message);
    },
    microphone: (message) => this.uplinks.openMicrophone(message),
    release: ({ component }) => {
      this.overlays.release(component);
      this.uplinks.release(component);
    },
    open: ({ stream }) => this.open(stream),
    stop: ({ stream, reason, message }) => this.uplinks.stop(stream, reason, message),
    target: ({ component, target }) => this.setTarget(component, target),
    shown: (shot) => this.reportShown(shot, shot.pageUs),
    presented: ({ component, timestampUs, pageUs, scale }) => {
      this.tracks.get(component)?.presented(timestampUs, pageUs);
      this.overlays.presented(component, scale);
    },
    pauseplayback: ({ playback, isPaused }) => this.playbacks.setPaused(playback, isPaused),
    stopplayback: ({ playback }) => this.playbacks.stop(playback),
    decoded: ({ playback, audio }) => this.playbacks.decoded(playback, audio),
    tell: ({ message }) => this.link?.send(message),
    covered: ({ component }) => this.presenter.cover(component),
    visible: ({ hidden }) => this.setHidden(hidden),
    watch: ({ on }) => this.latencyWatch.watch(on),
    suspend: () => this.link?.suspend(),
    bye: () => {
      this.link?.close();
      this.clear();
    },
  };

  private readonly serverHandlers: { [Type in Message["type"]]: (message: Extract<Message, { type: Type }>) => void } =
    {
      outputs: (message) => {
        this.silences.answered(message.stream, performance.now());
        this.presenter.announce(message);
      },
      credit: ({ stream, limit, received, returned = 0 }) => {
        this.silences.returned(stream, returned, performance.now());
        this.uplinks.get(stream)?.raise(limit, received);
      },
      keyframe: ({ stream }) => this.uplinks.get(stream)?.requestKeyFrame?.(),
      encode: (message) => this.uplinks.get(message.stream)?.encodeAs?.(message),
      streamstate: (state) => this.move(state),
      turnstate: (turn) => {
        this.tell(this.silences.close(turn.stream));
        this.post({ type: "turn", turn });
      },
      runstate: (state) => this.post({ type: "run", state }),
      progress: (progress) => this.post({ type: "progress", progress }),
      toast: (toast) => this.post({ type: "toast", toast }),
      script: (script) => this.post({ type: "script", script }),
      rendered: (rendered) => this.post({ type: "rendered", rendered }),
      latency: (latency) => this.latency.told(latency),
      silence: ({ playback }) => {
        this.playbacks.silence(playback);
        this.post({ type: "silence", playback });
      },
    };

  /** `post` speaks to the page; `probe` finds out which video codecs the browser has. */
  constructor(post: (message: FromWorker, transfer?: Transferable[]) => void, probe: CodecProbe = NO_CODECS) {
    this.post = post;
    this.probe = probe;
    this.latency = new LatencyMeter(
      () => this.link?.clock ?? null,
      (component, view) => post({ type: "latency", component, view }),
      {
        backlogS: (stream) => this.uplinks.get(stream)?.backlogS ?? 0,
        dropped: (stream) => ({
          late: this.presenter.freshness.stale(stream),
          unshown: this.presenter.decoders.dropped(stream),
        }),
      },
    );
    this.latencyWatch = new LatencyWatch(this.latency, (message) => this.link?.send(message));
    this.uplinks = this.makeUplinks();
    this.playbacks = new Playbacks({
      tell: (message) => this.link?.send(message),
      open: (audio, port) => post({ type: "playbackopened", ...audio, port }, [port]),
      decode: (playback, { buffer: file }, form) => post({ type: "decode", playback, file, form }, [file]),
      heard: (component, playedS, level) => post({ type: "playbackposition", component, playedS, level }),
      over: (ended) => post({ type: "playbackended", ...ended }),
    });
    this.overlays = new Overlays({
      cameraOf: (stream) => this.uplinks.cameraOf(stream),
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
        const message = t("An image could not be shown: {reason}", { reason: describe(error) });
        post({ type: "toast", toast: { type: "toast", level: "warning", title: "", message, duration_s: 10 } });
      },
    });
  }

  handle(message: ToWorker): void {
    this.gate.take(message);
  }

  private act(message: ToWorker): void {
    (this.pageHandlers[message.type] as (message: ToWorker) => void)(message);
  }

  private connect({ url, build, hidden, isHttp }: ToWorkerOf<"connect">): void {
    this.isHidden = hidden;
    this.presenter.setHidden(hidden);
    const events: LinkEvents = {
      welcome: (welcome) => this.welcome(welcome),
      refused: (refuse) => this.post({ type: "refused", refuse }),
      replaced: () => this.post({ type: "replaced" }),
      lost: (retryMs) => {
        this.presenter.interrupt();
        this.post({ type: "lost", retryMs });
      },
      message: (message) => (this.serverHandlers[message.type] as (message: Message) => void)(message),
      packet: (packet) => this.receivePacket(packet),
      sent: () => this.uplinks.places,
      stood: (untilUs) => this.presenter.freshness.stood(untilUs),
      silent: (isSilent) => this.post({ type: "silent", isSilent }),
    };
    const choice = new TransportChoice(isHttp, (isHttp) => {
      this.latency.isHttp = isHttp;
      this.post({ type: "transport", isHttp });
    });
    this.link ??= new Link(url, build, events, choice.open);
    this.probe.decoders((decodes) => {
      this.link?.connect(decodes);
      if (!this.gate.isOpen) this.probe.encoders((encodes) => this.goOn(encodes));
    });
  }

  /** The browser's encoders are known: the server is told, and what waited for that goes on. */
  private goOn(encodes: number[]): void {
    if (this.link) this.link.encodes = encodes;
    this.tellEncoders();
    this.gate.open();
  }

  private tellEncoders(): void {
    const encodes = this.link?.encodes ?? [];
    if (encodes.length > 0) this.link?.send({ type: "encodes", encodes });
  }

  private welcome({ session, build, resumed: isResumed, moved, received: up }: Welcome): void {
    if (isResumed) {
      this.uplinks.resume(up);
      for (const [stream, { limit, received }] of this.downCredits) {
        this.link?.send({ type: "credit", stream, limit, received });
      }
      if (moved) this.latencyWatch.welcome();
    } else this.begin();
    this.post({ type: "welcome", session, build, isResumed });
  }

  /** A session begins, which knows nothing yet. */
  private begin(): void {
    this.clear();
    this.tellEncoders();
    this.grant(0);
    if (this.isHidden) this.link?.send({ type: "visible", hidden: true });
    this.latencyWatch.welcome();
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
    this.uplinks.clear();
    this.tell(this.silences.clear());
    this.downCredits.clear();
    this.presenter.clear();
    this.playbacks.clear();
    this.latency.clear();
  }

  private open(stream: OpenStream): void {
    if (!this.uplinks.open(stream)) return;
    this.silences.open(stream.stream, stream.everyS);
    this.looking ??= setInterval(() => this.look(), LOOK_MS);
    this.presenter.freshness.begin(stream.stream, stream.maxAgeS);
    this.grant(stream.stream);
  }

  // ---- down ------------------------------------------------------------------------------------------------------

  /** Says which streams the app does not answer, as long as any runs. */
  private look(): void {
    this.tell(this.silences.look(performance.now(), this.link?.isOpen ?? false));
    if (!this.silences.isEmpty) return;
    clearInterval(this.looking);
    this.looking = undefined;
  }

  private tell(silences: readonly StreamSilence[]): void {
    for (const silence of silences) this.post({ type: "unanswered", ...silence });
  }

  private move(state: StreamState): void {
    const frames = this.uplinks.move(state);
    this.silences.run(state.stream, state.state === "running", performance.now());
    if (state.state === "ended") {
      this.tell(this.silences.close(state.stream));
      this.downCredits.delete(state.stream);
      this.link?.forget(frames);
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
    this.silences.answered(packet.stream, performance.now());
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

  private makeUplinks(): Uplinks {
    return new Uplinks({
      say: (message) => {
        if (message.type === "stop") this.presenter.freshness.stop(message.stream);
        this.link?.send(message);
      },
      send: (packet, stream) => {
        this.link?.sendPacket(packet);
        this.silences.sent(stream);
        this.latency.sent(packet, stream, pageUs());
      },
      isFree: (stream, nowUs) => this.link?.isFree(stream, nowUs) ?? false,
      isReachable: () => this.link?.isOpen ?? false,
      watch: (component, frame, capturedUs, isSent) => {
        if (isSent) this.latency.drawn(capturedUs, pageUs());
        this.overlays.offer(component, frame, capturedUs, isSent);
      },
      level: (component, level) => this.post({ type: "level", component, level }),
      broken: (stream, reason, message) => this.post({ type: "broken", stream, reason, message }),
    });
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
