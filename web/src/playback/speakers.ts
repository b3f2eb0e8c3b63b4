/** The page's loudspeakers: one audio context for each component that plays streamed sound. Sound itself never passes here. */

import { toInt16 } from "../codecs/pcm16.ts";
import { interleaved } from "../codecs/wav.ts";
import type { LiveState } from "../view.ts";
import type { DecodedSound } from "./playbacks.ts";

/** The rate that files are decoded at. */
const FILE_RATE_HZ = 48_000;

/** What is prepared for where the app does not say at which rate its sound comes: most voices have it. */
export const USUAL_RATE_HZ = 24_000;

/** What nearly every microphone delivers. */
export const DEVICE_RATE_HZ = 48_000;

/** A browser that lets us play does so by then; one that does not wants a tap first. */
const LOCK_MS = 250;

/** A loudspeaker that was opened in advance waits so long for sound: to wake it again takes longer than a piece lasts. */
const REST_MS = 10_000;

/** What was silenced has died away by then. */
const FADED_MS = 50;

export interface OpenSpeaker {
  component: number;
  playback: number;
  rate: number;
  channels: number;
  autoplay: boolean;
}

export interface SpeakersEvents {
  show(component: number, state: LiveState): void;
  paused(playback: number, isPaused: boolean): void;
  /** The listener has heard enough. */
  stopped(playback: number): void;
  /** For the app: `play`, `pause`, `stop`. */
  fire(component: number, event: string): void;
  failed(playback: number): void;
}

interface Speaker {
  context: AudioContext;
  /** Resolves when the context knows our worklet. */
  ready: Promise<void>;
  playback: number;
  node: AudioWorkletNode | null;
  state: LiveState;
  /** Until it is suspended, because nothing is heard. */
  resting: ReturnType<typeof setTimeout> | undefined;
}

export class Speakers {
  private readonly worklet: string;
  private readonly events: SpeakersEvents;
  private readonly speakers = new Map<number, Speaker>();

  constructor(worklet: string, events: SpeakersEvents) {
    this.worklet = worklet;
    this.events = events;
  }

  /**
   * Sound is to be expected, probably at this rate: what takes long is done now, while the user's click is still fresh
   * enough to allow it.
   */
  prepare(component: number, rate: number): void {
    const speaker = this.speakers.get(component) ?? this.speakerOf(component, rate);
    if (speaker.playback !== 0) return;
    void speaker.context.resume();
    rest(speaker, REST_MS);
  }

  /** Connects the port that samples come through. A context stays: one that a tap has unlocked plays from then on. */
  async open({ component, playback, rate, channels, autoplay }: OpenSpeaker, port: MessagePort): Promise<void> {
    const speaker = this.speakerOf(component, rate);
    clearTimeout(speaker.resting);
    silence(speaker);
    speaker.playback = playback;
    speaker.state = autoplay ? "starting" : "paused";
    this.events.show(component, speaker.state);
    if (!autoplay) this.events.paused(playback, true);
    try {
      await speaker.ready;
    } catch {
      this.events.failed(playback);
      return;
    }
    if (speaker.playback !== playback) return;
    speaker.node = connect(speaker.context, rate, channels, port);
    if (autoplay) await this.start(component, speaker);
    else await speaker.context.suspend();
  }

  /** The listener wants to hear it; called while the browser handles a tap or a key. */
  play(component: number): void {
    const speaker = this.speakers.get(component);
    if (speaker) void this.start(component, speaker);
  }

  pause(component: number): void {
    const speaker = this.speakers.get(component);
    if (speaker?.state !== "playing") return;
    this.move(component, speaker, "paused");
    this.events.paused(speaker.playback, true);
    this.events.fire(component, "pause");
    void speaker.context.suspend();
  }

  /** Nothing more of it is to be heard, or made. */
  stop(component: number): void {
    const speaker = this.speakers.get(component);
    if (speaker?.state !== "playing" && speaker?.state !== "paused") return;
    this.move(component, speaker, "starting");
    this.events.stopped(speaker.playback);
    this.events.fire(component, "stop");
  }

  /** A playback is over; false if the component plays another one by now. */
  close(component: number, playback: number): boolean {
    const speaker = this.speakers.get(component);
    if (!speaker?.playback) return true;
    if (speaker.playback !== playback) return false;
    silence(speaker);
    speaker.playback = 0;
    speaker.state = "starting";
    rest(speaker, FADED_MS);
    return true;
  }

  /** Decodes a sound file; null if it is none. */
  async decode(file: ArrayBuffer): Promise<DecodedSound | null> {
    const context = new OfflineAudioContext(1, 1, FILE_RATE_HZ);
    const sound = await context.decodeAudioData(file).catch(() => null);
    if (!sound) return null;
    const { numberOfChannels: channels, sampleRate: rate } = sound;
    return { rate, channels, samples: toInt16(interleaved(sound)) };
  }

  private speakerOf(component: number, rate: number): Speaker {
    const found = this.speakers.get(component);
    if (found?.context.sampleRate === rate) return found;
    clearTimeout(found?.resting);
    void found?.context.close();
    // The browser brings the sound from this rate to that of the device, all of it, without a seam.
    const context = new AudioContext({ sampleRate: rate, latencyHint: "interactive" });
    const ready = context.audioWorklet.addModule(this.worklet);
    ready.catch(() => {}); // told where it is waited for; a context that was opened in advance may be closed before
    const speaker: Speaker = { context, ready, playback: 0, node: null, state: "starting", resting: undefined };
    this.speakers.set(component, speaker);
    return speaker;
  }

  private async start(component: number, speaker: Speaker): Promise<void> {
    const { playback, context } = speaker;
    const running = context.resume().then(() => true);
    const isPrompt = await Promise.race([running, new Promise<false>((give) => setTimeout(give, LOCK_MS, false))]);
    if (!isPrompt) {
      if (speaker.playback !== playback) return;
      this.move(component, speaker, "locked");
      this.events.paused(playback, true);
      await running; // after a tap
    }
    if (speaker.playback !== playback || speaker.state === "playing") return;
    if (speaker.state !== "starting") this.events.paused(playback, false);
    this.move(component, speaker, "playing");
    this.events.fire(component, "play");
  }

  private move(component: number, speaker: Speaker, state: LiveState): void {
    speaker.state = state;
    this.events.show(component, state);
  }
}

/** Lets go of what is heard, once it has died away: cut off at once it would end with a click. */
function silence(speaker: Speaker): void {
  const { node } = speaker;
  speaker.node = null;
  if (node) setTimeout(() => node.disconnect(), FADED_MS);
}

function rest(speaker: Speaker, afterMs: number): void {
  clearTimeout(speaker.resting);
  speaker.resting = setTimeout(() => void speaker.context.suspend(), afterMs);
}

function connect(context: AudioContext, rate: number, channels: number, port: MessagePort): AudioWorkletNode {
  const node = new AudioWorkletNode(context, "millstream-speaker", {
    numberOfInputs: 0,
    outputChannelCount: [channels],
    processorOptions: { rate, channels },
  });
  // In this order: a node works before it is connected, and what it plays then is lost.
  node.connect(context.destination);
  node.port.postMessage(port, [port]);
  return node;
}
