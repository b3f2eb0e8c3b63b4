/** The page's loudspeakers: one audio context for each component that plays streamed audio. Audio itself never passes here. */

import type { AudioShape, DecodedAudio } from "../codecs/types.ts";
import { decodeAudio, toPcm16, withChannels } from "../media/audio_file.ts";
import { isPrompt } from "../media/browser_answers.ts";
import type { LiveState } from "../states.ts";
import { t } from "../words.ts";
import { Loudspeaker } from "./loudspeaker.ts";

/** The rate that is prepared for where the app does not declare one: most voices have it. */
export const USUAL_RATE_HZ = 24_000;

/** The rate of nearly every microphone. */
export const DEVICE_RATE_HZ = 48_000;

/** A browser that lets us play does so by then; one that does not wants a tap first. */
const LOCK_MS = 250;

/** One that let us play before is only busy: nobody is asked to tap so soon. */
const BUSY_MS = 3_000;

/** Firefox has no audio without a loudspeaker: its contexts never start then. */
const SILENT = t("This browser's audio does not start. Connect a loudspeaker or headphones, then reload the page.");

/** A loudspeaker that was opened in advance waits so long for audio: to wake it again takes longer than a chunk lasts. */
const REST_MS = 10_000;

/** The block that the page itself plays at a time, where there is no audio thread to do it. */
const BLOCK_FRAMES = 1024;

/** Silenced audio has died away by then. */
const FADED_MS = 50;

export interface SpeakerRequest {
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
  /** The browser plays nothing, though the listener wants to hear it: a sentence for the user. */
  failed(message: string): void;
}

interface Speaker {
  context: AudioContext;
  /** Resolves when the context knows our worklet, or is known to have none. */
  hasWorklet: Promise<boolean>;
  playback: number;
  node: AudioNode | null;
  state: LiveState;
  /** True once the browser has let it play. */
  hasRun: boolean;
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
   * Audio is to be expected, probably at this rate: what takes long is done now, while the user's click is still fresh
   * enough to allow it.
   */
  prepare(component: number, rate: number): void {
    const speaker = this.speakers.get(component) ?? this.speakerOf(component, rate);
    if (speaker.playback !== 0) return;
    void wake(speaker);
    rest(speaker, REST_MS);
  }

  /** Connects the port that samples come through. A context stays: one that a tap has unlocked plays from then on. */
  async open({ component, playback, rate, channels, autoplay }: SpeakerRequest, port: MessagePort): Promise<void> {
    const speaker = this.speakerOf(component, rate);
    clearTimeout(speaker.resting);
    silence(speaker);
    speaker.playback = playback;
    speaker.state = autoplay ? "starting" : "paused";
    this.events.show(component, speaker.state);
    if (!autoplay) this.events.paused(playback, true);
    const hasWorklet = await speaker.hasWorklet;
    if (speaker.playback !== playback) return;
    speaker.node = (hasWorklet ? connect : connectHere)(speaker.context, rate, channels, port);
    if (autoplay) await this.start(component, speaker);
    else await speaker.context.suspend();
  }

  /** The listener wants to hear it; called while the browser handles a tap or a key. */
  play(component: number): void {
    const speaker = this.speakers.get(component);
    if (!speaker) return;
    void isPrompt(this.start(component, speaker), BUSY_MS).then((hasBegun) => {
      if (!hasBegun) this.events.failed(SILENT);
    });
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

  /** Decodes an audio file, in its own form or in that of those before it; null if it is none. */
  async decode(file: ArrayBuffer, form: AudioShape | null): Promise<DecodedAudio | null> {
    const audio = await decodeAudio(file, form?.rate);
    if (!audio) return null;
    const channels = form?.channels ?? audio.planes.length;
    return { rate: audio.rate, channels, samples: toPcm16(withChannels(audio, channels)) };
  }

  private speakerOf(component: number, rate: number): Speaker {
    const found = this.speakers.get(component);
    if (found?.context.sampleRate === rate) return found;
    clearTimeout(found?.resting);
    void found?.context.close();
    // The browser brings the audio from this rate to that of the device, all of it, without a seam.
    const context = new AudioContext({ sampleRate: rate, latencyHint: "interactive" });
    const speaker: Speaker = {
      context,
      hasWorklet: load(context, this.worklet),
      playback: 0,
      node: null,
      state: "starting",
      hasRun: false,
      resting: undefined,
    };
    this.speakers.set(component, speaker);
    return speaker;
  }

  private async start(component: number, speaker: Speaker): Promise<void> {
    const { playback } = speaker;
    const patienceMs = speaker.hasRun ? BUSY_MS : LOCK_MS;
    const running = wake(speaker);
    if (!(await isPrompt(running, patienceMs))) {
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

async function wake(speaker: Speaker): Promise<true> {
  await speaker.context.resume();
  speaker.hasRun = true;
  return true;
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

/** Loads the worklet; false if that failed. Browsers keep it from pages that came over plain HTTP. */
async function load(context: AudioContext, worklet: string): Promise<boolean> {
  return (
    (await context.audioWorklet?.addModule(worklet).then(
      () => true,
      () => false, // a context that was opened in advance may be closed by then
    )) ?? false
  );
}

/** Without the audio thread: the page itself plays, with larger blocks, since it has other things to do. */
function connectHere(context: AudioContext, rate: number, channels: number, port: MessagePort): AudioNode {
  const loudspeaker = new Loudspeaker(rate, channels, context.sampleRate);
  const node = context.createScriptProcessor(BLOCK_FRAMES, 0, channels);
  node.onaudioprocess = ({ outputBuffer }) => {
    loudspeaker.fill(Array.from({ length: channels }, (_, channel) => outputBuffer.getChannelData(channel)));
  };
  loudspeaker.attach(port);
  node.connect(context.destination);
  return node;
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
