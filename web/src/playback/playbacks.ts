/** Streamed audio, in the worker: from packets to the loudspeaker's port, and back how much of it has been heard. */

import { OpusVoice, readOpus } from "../codecs/opus.ts";
import type { Chunk } from "../codecs/pcm16.ts";
import { decodePcm16 } from "../codecs/pcm16.ts";
import type { AudioLevel, AudioShape, DecodedAudio } from "../codecs/types.ts";
import { wavHeader } from "../media/wav_header.ts";
import type { Played } from "../wire/messages.ts";
import type { Packet } from "../wire/packet.ts";
import { CodecNumber, isIndependent, isKey, isLast } from "../wire/packet.ts";

/** Size of the file, and where in it a part begins. */
const FILE_PREFIX_BYTES = 8;

/** Largest file that is taken. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** The most that is kept of a playback for seeking and downloading; of a longer one it is the end. */
export const MAX_KEPT_BYTES = 128 * 1024 * 1024;

/** The server is told at every second report of the loudspeaker: ten times a second. */
const TELL_EVERY = 2;

/** A report of the loudspeaker; `played` counts frames. */
export interface LoudspeakerReport {
  played: number;
  gaps: number;
  level: AudioLevel;
  isOver: boolean;
}

export interface PlaybacksEvents {
  tell(message: Played): void;
  /** The first audio is there: the page connects the port with a loudspeaker. */
  open(audio: { component: number; playback: number; rate: number; channels: number }, port: MessagePort): void;
  /** The page decodes a file, brings it into the form of those before it, and answers with `decoded`. */
  decode(playback: number, file: Uint8Array<ArrayBuffer>, form: AudioShape | null): void;
  heard(component: number, playedS: number, level: AudioLevel): void;
  /** All was heard, or it was silenced (`isCut`), or broke (`problem`). What came so far, as a file. */
  over(ended: { component: number; playback: number; isCut: boolean; problem: string; file: Blob | null }): void;
}

/** Of a packet whose samples are decoded. */
type PacketMark = Pick<Packet, "sequence" | "flags">;

interface IncomingFile {
  bytes: Uint8Array<ArrayBuffer>;
  filled: number;
  sequence: number;
}

export class Playbacks {
  private readonly events: PlaybacksEvents;
  private readonly playbacks = new Map<number, Playback>();
  private newest = 0;

  constructor(events: PlaybacksEvents) {
    const over: PlaybacksEvents["over"] = (ended) => {
      this.playbacks.delete(ended.playback);
      events.over(ended);
    };
    this.events = { ...events, over };
  }

  receive(packet: Packet): void {
    let playback = this.playbacks.get(packet.call);
    // A playback that was silenced: its last packets were on their way.
    if (!playback && packet.call <= this.newest) return;
    if (!playback) {
      this.newest = packet.call;
      playback = new Playback(packet.call, packet.component, this.events);
      this.playbacks.set(packet.call, playback);
    }
    playback.take(packet);
  }

  /** The page has decoded a file; null if it could not. */
  decoded(playback: number, audio: DecodedAudio | null): void {
    this.playbacks.get(playback)?.decoded(audio);
  }

  /** The listener, or the browser, holds a playback, or lets it go on. */
  setPaused(playback: number, isPaused: boolean): void {
    this.playbacks.get(playback)?.setPaused(isPaused);
  }

  silence(playback: number): void {
    this.newest = Math.max(this.newest, playback);
    this.playbacks.get(playback)?.cut();
  }

  /** The listener has heard enough. */
  stop(playback: number): void {
    this.playbacks.get(playback)?.stop();
  }

  /** The session is over: nothing more is heard, and the next one counts anew. */
  clear(): void {
    for (const playback of [...this.playbacks.values()]) playback.abandon();
    this.newest = 0;
  }
}

class Playback {
  private readonly number: number;
  private readonly component: number;
  private readonly events: PlaybacksEvents;
  private port: MessagePort | null = null;
  private rate = 48_000;
  private channels = 1;
  private received = 0;
  private samples = 0;
  private played = 0;
  private readonly kept: Int16Array[] = [];
  private keptBytes = 0;
  private readonly files: IncomingFile[] = [];
  private isDecoding = false;
  private opus: OpusVoice<PacketMark> | null = null;
  private isLast = false;
  private isPaused = false;
  private reports = 0;
  private isOver = false;
  private isCut = false;
  /** The first sample that is expected next, on the server's count. */
  private next = 0;

  constructor(number: number, component: number, events: PlaybacksEvents) {
    this.number = number;
    this.component = component;
    this.events = events;
  }

  take(packet: Packet): void {
    this.isLast ||= isLast(packet);
    if (packet.payload.length > 0) {
      if (packet.codec === CodecNumber.PCM16) this.takeSamples(decodePcm16(packet.payload), packet);
      else if (packet.codec === CodecNumber.OPUS) this.takeOpus(packet);
      else if (packet.codec === CodecNumber.FILE) this.takePart(packet);
      else this.break(`the page has no codec ${packet.codec}`);
    }
    this.endIfComplete();
  }

  decoded(audio: DecodedAudio | null): void {
    const file = this.files.shift();
    this.isDecoding = false;
    if (this.isOver || !file) return;
    if (!audio) {
      this.break("the browser cannot decode it: the file is damaged, or of a kind that it does not know");
      return;
    }
    this.received = file.sequence;
    this.play(audio);
    this.tell("playing");
    this.decodeNext();
    this.endIfComplete();
  }

  setPaused(isPaused: boolean): void {
    this.isPaused = isPaused;
    this.tell("playing");
  }

  private report({ played, level, isOver }: LoudspeakerReport): void {
    if (this.isOver) {
      if (this.isCut && isOver) this.leave(played);
      return;
    }
    this.played = played;
    this.events.heard(this.component, played / this.rate, level);
    if (isOver) this.finish(false, "");
    else if (++this.reports % TELL_EVERY === 0) this.tell("playing");
  }

  /** Silence: the loudspeaker answers how much was heard, which the server is told. */
  cut(): void {
    if (this.isOver) return;
    this.isCut = true;
    this.port?.postMessage("cut");
    if (!this.port) this.tell("ended");
    this.finish(true, "");
  }

  /** The same, but the server does not know of it yet. */
  stop(): void {
    this.cut();
    // A loudspeaker that is held does not answer.
    if (this.isPaused && this.port) this.leave(this.played);
  }

  /** Silence, and nobody is there to be told. */
  abandon(): void {
    this.port?.postMessage("cut");
    this.port?.close();
    this.finish(true, "");
  }

  private leave(played: number): void {
    this.isCut = false;
    this.played = played;
    this.tell("ended");
    this.port?.close();
  }

  private takeOpus(packet: Packet): void {
    this.opus ??= new OpusVoice<PacketMark>({
      decoded: (audio, arrival) => {
        if (this.isOver) return;
        this.takeSamples(audio, arrival);
        this.endIfComplete();
      },
      failed: (problem) => this.break(problem),
    });
    const { sequence, flags } = packet;
    this.opus.put(readOpus(packet.payload), isKey(packet), { sequence, flags });
  }

  private takeSamples(audio: Chunk, packet: PacketMark): void {
    this.received = packet.sequence;
    if (!this.port) this.open(audio.rate, audio.channels, isIndependent(packet));
    // The server has left something out: what waits here is from before, and as old.
    if (audio.firstSample > this.next) this.port?.postMessage("skip");
    this.next = audio.firstSample + audio.samples.length / audio.channels;
    this.play(audio);
  }

  private play({ rate, channels, samples }: DecodedAudio): void {
    if (!this.port) this.open(rate, channels);
    this.samples += samples.length / this.channels;
    this.port?.postMessage(samples);
    this.keep(samples);
  }

  private open(rate: number, channels: number, isLive = false): void {
    this.rate = rate;
    this.channels = channels;
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    port1.onmessage = ({ data }: MessageEvent<LoudspeakerReport>) => this.report(data);
    if (isLive) port1.postMessage("live");
    this.events.open({ component: this.component, playback: this.number, rate, channels }, port2);
  }

  private keep(samples: Int16Array): void {
    this.kept.push(samples);
    this.keptBytes += samples.byteLength;
    while (this.keptBytes > MAX_KEPT_BYTES && this.kept.length > 1) {
      this.keptBytes -= (this.kept.shift() as Int16Array).byteLength;
    }
  }

  private takePart({ payload, sequence }: Packet): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    const [size, at] = [view.getUint32(0, true), view.getUint32(4, true)];
    const part = payload.subarray(FILE_PREFIX_BYTES);
    if (size > MAX_FILE_BYTES || at + part.length > size) {
      this.break("a part of it is too large");
      return;
    }
    if (at === 0) this.files.push({ bytes: new Uint8Array(size), filled: 0, sequence: 0 });
    const file = this.files.at(-1) as IncomingFile;
    file.bytes.set(part, at);
    file.filled += part.length;
    file.sequence = sequence;
    this.decodeNext();
  }

  private decodeNext(): void {
    const file = this.files[0];
    if (this.isDecoding || !file || file.filled < file.bytes.length) return;
    this.isDecoding = true;
    const { rate, channels } = this;
    this.events.decode(this.number, file.bytes, this.port && { rate, channels });
  }

  private endIfComplete(): void {
    if (!this.isLast || this.files.length > 0 || this.isOver || this.opus?.isIdle === false) return;
    if (this.port) this.port.postMessage("end");
    else this.finish(false, "");
  }

  private break(problem: string): void {
    if (this.isOver) return;
    this.port?.postMessage("cut");
    this.tell("broken", problem);
    this.finish(true, "This audio cannot be played.");
  }

  private finish(isCut: boolean, problem: string): void {
    this.isOver = true;
    this.opus?.close();
    if (!isCut) this.tell("ended");
    if (!this.isCut) this.port?.close();
    const { component, number: playback } = this;
    this.events.over({ component, playback, isCut, problem, file: this.file() });
    this.kept.length = 0;
  }

  private file(): Blob | null {
    if (this.kept.length === 0) return null;
    const header = wavHeader(this.keptBytes, this.rate, this.channels);
    return new Blob([header, ...(this.kept as Int16Array<ArrayBuffer>[])], { type: "audio/wav" });
  }

  private tell(state: NonNullable<Played["state"]>, message?: string): void {
    const { number: playback, received, rate, samples, played } = this;
    const told = state === "playing" && this.isPaused ? "paused" : state;
    this.events.tell({ type: "played", playback, received, rate, samples, played, state: told, message });
  }
}
