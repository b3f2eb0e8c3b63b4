/**
 * The age of the frames on the screen and what each part of their way adds to it, summed up once a second.
 *
 * Nothing is measured until somebody watches. Pure: the time is passed in.
 */

import type { Latency } from "../wire/messages.ts";
import type { Packet } from "../wire/packet.ts";
import { CodecNumber, PacketKind } from "../wire/packet.ts";
import type { Shot } from "./frame_sink.ts";
import type { LatencyParts, LatencyView } from "./latency_view.ts";

/** Frames under way that are remembered; older ones were dropped. */
const MOST_UNDER_WAY = 256;

/** The clocks of page and server, as far as they are known. */
export interface ComparedClocks {
  readonly roundTripUs: number | null;
  toPageUs(serverUs: number): number;
}

/** The page's share in a stream. */
export interface PageShare {
  /** Seconds of audio that wait to be sent. */
  backlogS(stream: number): number;
  /** Frames that were not shown, by cause. */
  dropped(stream: number): Record<string, number>;
}

const NO_SHARE: PageShare = { backlogS: () => 0, dropped: () => ({}) };

/** The frame on the screen, as far as whoever reports it knows. */
export type ShownFrame = Omit<Shot, "capturedUs"> & Partial<Shot>;

/** The way up of one frame. */
interface WayUp {
  drawnUs: number;
  sentUs: number;
}

/** The way down of one frame. */
interface WayDown {
  capturedUs: number;
  receivedUs: number;
  decodedUs: number;
}

/** Sums over the frames that one component has shown since the last report, in microseconds. */
class Sums {
  /** Of every frame that was shown. */
  readonly ages: number[] = [];
  downBytes = 0;
  /** Frames of which the whole way is known, and their parts. */
  frames = 0;
  capture = 0;
  encode = 0;
  /** From the sending of a frame to the receipt of its result. */
  between = 0;
  decode = 0;
  screen = 0;

  add(capturedUs: number, up: WayUp | undefined, down: WayDown | undefined, shownUs: number): void {
    this.ages.push(shownUs - capturedUs);
    if (!up || !down) return;
    this.frames++;
    this.capture += up.drawnUs - capturedUs;
    this.encode += up.sentUs - up.drawnUs;
    this.between += down.receivedUs - up.sentUs;
    this.decode += down.decodedUs - down.receivedUs;
    this.screen += shownUs - down.decodedUs;
  }
}

/** One component that shows frames of a stream. */
interface ShowingComponent {
  stream: number;
  codec: number;
  sums: Sums;
}

/** One stream on its way up. */
interface SendingStream {
  /** The component that captures it; audio without frames is all that is to be seen there. */
  component: number;
  isAudio: boolean;
  codec: number;
  bytes: number;
  /** Packets since the last report, and how long their first samples waited in the page, in all. */
  packets: number;
  heldUs: number;
  told: Latency | null;
}

export class LatencyMeter {
  /** Everything goes over HTTP. */
  isHttp = false;
  private readonly clocks: () => ComparedClocks | null;
  private readonly report: (component: number, view: LatencyView | null) => void;
  private readonly share: PageShare;
  private isOn = false;
  private sinceUs = 0;
  /** By the time of capture, which the results of a frame carry. */
  private readonly ups = new Map<number, WayUp>();
  private readonly downs = new Map<string, WayDown>();
  private readonly streams = new Map<number, SendingStream>();
  private readonly components = new Map<number, ShowingComponent>();

  /** `report` is told of each component that shows frames, or sends audio alone, and null when its stream is over. */
  constructor(
    clocks: () => ComparedClocks | null,
    report: (component: number, view: LatencyView | null) => void,
    share: PageShare = NO_SHARE,
  ) {
    this.clocks = clocks;
    this.report = report;
    this.share = share;
  }

  /** Begins, or ends, to measure. */
  watch(on: boolean, nowUs: number): void {
    this.isOn = on;
    this.sinceUs = nowUs;
    this.clear();
  }

  /** Forgets everything: there is another session, or none. */
  clear(): void {
    for (const component of this.components.keys()) this.report(component, null);
    for (const { isAudio, component } of this.streams.values()) if (isAudio) this.report(component, null);
    for (const map of [this.ups, this.downs, this.streams, this.components]) map.clear();
  }

  /** A frame was drawn, and is about to be encoded. */
  drawn(capturedUs: number, nowUs: number): void {
    if (this.isOn) remember(this.ups, capturedUs, { drawnUs: nowUs, sentUs: nowUs });
  }

  /** A packet of a stream leaves; `stream` is the number that results carry, also of one that sends frames and audio. */
  sent(packet: Packet, stream: number, nowUs: number): void {
    if (!this.isOn) return;
    const { kind, component, codec, captured_us: capturedUs, payload } = packet;
    const up = this.ups.get(capturedUs);
    if (up) up.sentUs = nowUs;
    const found = this.streams.get(stream);
    const isAudio = kind === PacketKind.SOUND;
    const sending = found ?? { component, isAudio, codec, bytes: 0, packets: 0, heldUs: 0, told: null };
    if (!found) this.streams.set(stream, sending);
    if (!isAudio) Object.assign(sending, { codec, isAudio });
    sending.bytes += payload.length;
    sending.packets++;
    sending.heldUs += nowUs - capturedUs;
  }

  received(packet: Packet, nowUs: number): void {
    if (!this.isOn) return;
    const { stream, component, codec } = packet;
    remember(this.downs, keyOf(packet), { capturedUs: packet.captured_us, receivedUs: nowUs, decodedUs: nowUs });
    const found = this.components.get(component);
    const showing = found ?? { stream, codec, sums: new Sums() };
    if (!found) this.components.set(component, showing);
    showing.stream = stream;
    showing.codec = codec;
    showing.sums.downBytes += packet.payload.length;
  }

  decoded(packet: Packet, nowUs: number): void {
    const down = this.isOn ? this.downs.get(keyOf(packet)) : undefined;
    if (down) down.decodedUs = nowUs;
  }

  /** A frame is on the screen; one that no packet brought tells itself when it was captured. */
  shown(shot: ShownFrame, nowUs: number): void {
    if (!this.isOn) return;
    const down = this.downs.get(keyOf(shot));
    const capturedUs = shot.capturedUs ?? down?.capturedUs;
    if (capturedUs) this.components.get(shot.component)?.sums.add(capturedUs, this.ups.get(capturedUs), down, nowUs);
  }

  /** The server told its share in the age of a stream's frames. */
  told(latency: Latency): void {
    const sending = this.streams.get(latency.stream);
    if (sending) sending.told = latency;
  }

  /** A stream is over: the components that it fed show nothing new. */
  endStream(stream: number): void {
    const sending = this.streams.get(stream);
    if (sending?.isAudio) this.report(sending.component, null);
    this.streams.delete(stream);
    for (const [component, showing] of this.components) {
      if (showing.stream !== stream) continue;
      this.components.delete(component);
      this.report(component, null);
    }
  }

  /** Sums up what was seen since the last time; to be called about once a second. */
  tick(nowUs: number): void {
    const seconds = (nowUs - this.sinceUs) / 1e6;
    this.sinceUs = nowUs;
    for (const [component, showing] of this.components) {
      this.report(component, this.viewOf(showing, seconds));
      showing.sums = new Sums();
    }
    for (const [stream, sending] of this.streams) {
      if (sending.isAudio) this.report(sending.component, this.audioView(stream, sending, seconds));
      Object.assign(sending, { bytes: 0, packets: 0, heldUs: 0 });
    }
  }

  /** Audio that goes to a handler: how old it is when that has handled it, and how much waits for it. */
  private audioView(stream: number, sending: SendingStream, seconds: number): LatencyView {
    const { told, packets, heldUs } = sending;
    const clocks = this.clocks();
    const isKnown = told !== null && told.calls > 0 && clocks !== null && packets > 0;
    const parts = isKnown ? audioPartsOf(heldUs / packets, told, clocks) : null;
    return {
      ...this.common(stream),
      p50Ms: parts && Object.values(parts).reduce((sum: number, part: number) => sum + part, 0),
      p95Ms: null,
      fps: told?.calls ?? 0,
      backlogS: this.share.backlogS(stream),
      parts,
      codecs: [nameOf(sending.codec), ""],
      bitsPerS: [(8 * sending.bytes) / seconds, 0],
    };
  }

  private viewOf({ stream, codec, sums }: ShowingComponent, seconds: number): LatencyView {
    const sending = this.streams.get(stream);
    const told = sending?.told ?? null;
    const clocks = this.clocks();
    const ages = sums.ages.sort((a, b) => a - b);
    return {
      ...this.common(stream),
      p50Ms: quantileMs(ages, 0.5),
      p95Ms: quantileMs(ages, 0.95),
      fps: ages.length / seconds,
      backlogS: null,
      parts: told && clocks ? partsOf(sums, told, clocks) : null,
      codecs: [nameOf(sending?.codec), nameOf(codec)],
      bitsPerS: [(8 * (sending?.bytes ?? 0)) / seconds, (8 * sums.downBytes) / seconds],
    };
  }

  /** The figures that frames and audio have in common. */
  private common(stream: number): Pick<LatencyView, "roundTripMs" | "dropped" | "isHttp" | "decision"> {
    const told = this.streams.get(stream)?.told;
    const roundTripUs = this.clocks()?.roundTripUs;
    return {
      roundTripMs: roundTripUs == null ? null : roundTripUs / 1000,
      dropped: { ...told?.dropped, ...this.share.dropped(stream) },
      isHttp: this.isHttp,
      decision: told?.decision ?? "",
    };
  }
}

/** The smallest value that a fraction of all does not exceed, in milliseconds; null without any. */
export function quantileMs(sorted: readonly number[], fraction: number): number | null {
  const value = sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)];
  return value === undefined ? null : value / 1000;
}

/**
 * Splits the mean age into its parts, in milliseconds: together they are exactly that.
 *
 * The page knows what lies between sending a frame and the receipt of its result; the server says how much of that was
 * its own, and when frames arrived. An error of the clocks' comparison moves time between `up` and `down` only.
 */
function partsOf(sums: Sums, told: Latency, clocks: ComparedClocks): LatencyParts | null {
  if (sums.frames === 0 || told.calls === 0) return null;
  const mean = (sum: number): number => sum / sums.frames;
  const between = mean(sums.between);
  const steps = [told.wait_us, told.decode_us + told.call_us, told.encode_us];
  const taken = steps.reduce((sum, step) => sum + step, 0);
  const share = taken > between ? between / taken : 1; // the server's second is not quite ours
  const network = between - taken * share;
  const sentAge = mean(sums.capture) + mean(sums.encode);
  const up = Math.min(Math.max(clocks.toPageUs(told.arrived_us) - sentAge, 0), network);
  const [wait = 0, handler = 0, answer = 0] = steps.map((step) => (step * share) / 1000);
  return {
    capture: mean(sums.capture) / 1000,
    encode: mean(sums.encode) / 1000,
    up: up / 1000,
    wait,
    handler,
    answer,
    down: (network - up) / 1000,
    decode: mean(sums.decode) / 1000,
    screen: mean(sums.screen) / 1000,
  };
}

/** The same of audio, which is shown nowhere: until it is handled. `heldUs` is from its capture until it is sent. */
function audioPartsOf(heldUs: number, told: Latency, clocks: ComparedClocks): LatencyParts {
  return {
    capture: heldUs / 1000,
    encode: 0,
    up: Math.max(clocks.toPageUs(told.arrived_us) - heldUs, 0) / 1000,
    wait: told.wait_us / 1000,
    handler: (told.decode_us + told.call_us) / 1000,
    answer: 0,
    down: 0,
    decode: 0,
    screen: 0,
  };
}

function keyOf({ stream, component, sequence }: Pick<Packet, "stream" | "component" | "sequence">): string {
  return `${stream}/${component}/${sequence}`;
}

function nameOf(codec: number | undefined): string {
  return Object.entries(CodecNumber).find(([, number]) => number === codec)?.[0] ?? "";
}

/** Notes something that is under way; what was noted long ago never arrived. */
function remember<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  map.set(key, value);
  for (const old of map.keys()) {
    if (map.size <= MOST_UNDER_WAY) break;
    map.delete(old);
  }
}
