/** One component that records: its device, the streams that it feeds, and the state that its element shows. */

import type { Camera } from "../capture/camera.ts";
import { type DeviceName, deviceWord, trouble } from "../capture/devices.ts";
import type { Microphone } from "../capture/microphone.ts";
import type { DeviceChoice } from "../constants.ts";
import type { StreamView, Trouble, TroubleCode, TurnPhase } from "../states.ts";
import { IDLE } from "../states.ts";
import type { StopReason, StreamState } from "../wire/messages.ts";
import { t } from "../words.ts";
import { HeldDevice } from "./held_device.ts";
import { type OpenedDevice, partsOf } from "./recording_devices.ts";
import { isCapturing, isLive, next, type RecordingEvent, type RecordingState } from "./recording_states.ts";
import { Stopwatch } from "./stopwatch.ts";

export interface RecordingEvents {
  /** Asks for the device. Rejects with `DeviceError`. */
  open(choice: DeviceChoice): Promise<OpenedDevice>;
  /** Passes an opened device on for capturing. */
  attach(opened: OpenedDevice): void;
  /** The devices are about to be closed; `isWanted` if the user, or the app, has pressed Stop. */
  release(isWanted: boolean): void;
  /** True if the app still lets the user record it; asked before it begins. */
  isWanted?(): boolean;
  /** Begins the streams, and returns their numbers; none if the component drives no stream. */
  begin(): number[];
  stop(stream: number, reason: StopReason, message: string): void;
  /** It was stopped; the recorded media is on its way until `ended`. */
  stopped?(): void;
  show(view: StreamView): void;
  /** The recording is over for good; `wasBegun` if `begin` was called. */
  ended(wasBegun: boolean): void;
}

export class Recording {
  private readonly kind: DeviceName;
  private readonly events: RecordingEvents;
  private readonly stopwatch: Stopwatch;
  /** While it is recorded, another device may take over, or this one rest. */
  readonly device: HeldDevice;
  /** The numbers of all its streams. */
  numbers: readonly number[] = [];
  /** The streams that are not over. */
  private readonly streams = new Map<number, StreamState | null>();
  private deadlines = new Map<number, number>();
  private view: StreamView = { ...IDLE, state: "starting" };
  /** The first thing that went wrong; shown when the recording ends. */
  private cause: Trouble | null = null;
  private state: RecordingState = "opening";
  /** The server ended its streams because it is being restarted; they begin again when there is one. */
  private isInterrupted = false;

  /** `longestS` is the maximum length in seconds, after which it stops by itself. */
  constructor(kind: DeviceName, events: RecordingEvents, longestS = Number.POSITIVE_INFINITY) {
    this.kind = kind;
    this.events = events;
    this.stopwatch = new Stopwatch(longestS, () => this.stop());
    this.device = new HeldDevice({
      open: (choice) => events.open(choice),
      isNeeded: () => this.isLive,
      opened: (opened) => this.attach(opened),
      failed: (cause) => this.stop("device", cause ?? trouble("failed", kind)),
    });
  }

  /** True if the device is, or will be, recorded; after Stop the server may still be processing. */
  get isLive(): boolean {
    return isLive(this.state);
  }

  has(stream: number): boolean {
    return this.streams.has(stream);
  }

  /** Opens the device and begins the streams, once `ready` resolves. */
  async start(choice: DeviceChoice, ready: Promise<void>): Promise<void> {
    this.show({});
    if (!(await this.device.open(choice))) return;
    try {
      await ready;
      if (this.state !== "connecting") return;
      if (this.events.isWanted?.() === false) {
        this.abandon(null);
        return;
      }
      this.begin();
      this.move("begun");
    } catch (error) {
      this.stop("device", trouble("failed", this.kind));
      throw error;
    }
    if (this.streams.size === 0) this.go("running");
  }

  /** Stop was pressed, or something ends the recording from this side; device and Record are free at once. */
  stop(reason: StopReason = "user", cause: Trouble | null = null): void {
    if (!this.isLive) return;
    this.cause ??= cause;
    if (this.state === "recording") {
      this.events.stopped?.();
      for (const stream of this.streams.keys()) this.events.stop(stream, reason, cause?.message ?? "");
    }
    this.move("stop", reason === "user");
    this.settle();
  }

  /**
   * The next recording begins before the server has finished this stopped one, whose results are not shown any more.
   *
   * Audio is complete when its streams are over. Of frames only the newest counts, so the end is reported before another
   * recording.
   */
  giveWay(): void {
    this.move("replace");
    if (this.kind !== "microphone") this.move("over");
    else this.settle();
  }

  /** The worker gave up a stream; the others end with it, since the same device feeds them. */
  break(stream: number, reason: StopReason, message: string): void {
    this.cause ??= { code: reason === "backlog" ? "behind" : "failed", message };
    this.streams.delete(stream);
    if (this.isLive) this.stop(reason, this.cause);
    else this.settle();
  }

  /** The server reports a stream's state; `deadlineMs` is its end in milliseconds of `performance.now()`, 0 without. */
  update(state: StreamState, deadlineMs: number): void {
    if (state.state === "ended") {
      this.endStream(state);
      return;
    }
    this.streams.set(state.stream, state);
    this.deadlines.set(state.stream, deadlineMs);
    if (this.isLive) this.showSummary();
  }

  /** The server reports the state of the conversation. */
  turn(turn: TurnPhase): void {
    if (this.isLive) this.show({ turn });
  }

  /** Another session begins: what is recorded goes to new streams there; what was stopped has nothing to wait for. */
  renew(cause: Trouble): void {
    if (this.state === "opening" || this.state === "connecting") return;
    if (this.state !== "recording" || this.events.isWanted?.() === false) this.abandon(cause);
    else if (this.streams.size > 0 || this.isInterrupted) this.begin();
  }

  /** The session can be reached again: what its server ended because it was being restarted begins again. */
  resume(): void {
    if (this.isInterrupted && this.state === "recording") this.begin();
  }

  /** The session is gone: there is nothing to wait for. */
  abandon(cause: Trouble | null): void {
    this.streams.clear();
    this.cause ??= cause;
    this.move("abandon");
  }

  private begin(): void {
    this.numbers = this.events.begin();
    this.streams.clear();
    this.deadlines.clear();
    this.isInterrupted = false;
    for (const stream of this.numbers) this.streams.set(stream, null);
    if (this.state === "recording") this.go("starting", UNTIMED);
  }

  private endStream(state: StreamState): void {
    this.streams.delete(state.stream);
    this.deadlines.delete(state.stream);
    if (state.reason === "shutdown" && this.state === "recording") {
      this.isInterrupted = true;
      this.go("starting", UNTIMED);
      return;
    }
    this.cause ??= causeOf(state, this.kind);
    if (this.streams.size > 0 && this.isLive) this.showSummary();
    this.settle();
  }

  /** Without a stream there is nothing to wait for. */
  private settle(): void {
    if (this.streams.size === 0) this.move("over");
  }

  /** Enters the state that an event leads to, with all consequences. `isWanted`: see `release`. */
  private move(event: RecordingEvent, isWanted = false): void {
    const before = this.state;
    const state = next(before, event);
    if (state === null) return;
    this.state = state;
    if (isCapturing(before) && !isCapturing(state)) this.release(isWanted);
    if ((state === "stopping" || state === "ended") && before !== "leaving") {
      this.events.show({ ...IDLE, trouble: this.cause });
    }
    if (state === "ended") this.events.ended(before !== "opening" && before !== "connecting");
  }

  /** Ends the capture of the device, and closes it. */
  private release(isWanted: boolean): void {
    this.stopwatch.pause();
    this.events.release(isWanted);
    this.device.close();
  }

  /** The first device, or another one in place of it: the streams go on. */
  private attach(opened: OpenedDevice): void {
    const { camera, microphone } = partsOf(opened);
    this.events.attach(opened);
    this.move("opened");
    this.show(camera ? viewOf(camera, microphone) : { device: microphone?.device ?? "" });
  }

  private showSummary(): void {
    const { state = this.view.state, ...others } = this.summary();
    this.go(state, others);
  }

  /** Shows a state, and counts the time only while something is recorded. */
  private go(state: StreamView["state"], others: Partial<StreamView> = {}): void {
    if (state === "running") this.stopwatch.start();
    else this.stopwatch.pause();
    const { sinceMs, pastS } = this.stopwatch;
    this.show({ ...others, state, sinceMs, pastS });
  }

  /** Combines the states of all streams: the most advanced one counts. */
  private summary(): Partial<StreamView> {
    const states = [...this.streams.values()].filter((state) => state !== null);
    const chief =
      states.find(({ state }) => state === "running") ??
      states.find(({ state }) => state === "waiting") ??
      states.find(({ state }) => state === "stopping");
    if (!chief) return {};
    const isRunning = chief.state === "running";
    return {
      // `stopping` is the end of a slot, not of the recording: the element stays as it was.
      state: chief.state === "stopping" ? this.view.state : (chief.state as "running" | "waiting"),
      position: chief.state === "waiting" ? chief.position : 0,
      etaS: chief.state === "waiting" && chief.eta_s >= 0 ? chief.eta_s : null,
      again: chief.again,
      turn: isRunning ? this.view.turn : null,
      limitS: isRunning ? chief.limit_s : 0,
      deadlineMs: isRunning ? (this.deadlines.get(chief.stream) ?? 0) : 0,
    };
  }

  private show(changes: Partial<StreamView>): void {
    this.view = { ...this.view, ...changes };
    if (this.isLive) this.events.show(this.view);
  }
}

/** The view of a stream that has no slot. */
const UNTIMED: Partial<StreamView> = { turn: null, limitS: 0, deadlineMs: 0 };

/** Ends that the user or the app requested, or that end nothing. */
const WANTED = ["user", "cancelled", "length", "shutdown"];

function viewOf({ preview, mirrored, device }: Camera, microphone: Microphone | null): Partial<StreamView> {
  return { preview, mirrored, device, microphone: microphone?.device ?? "" };
}

/** The sentence for the user about the end of a stream; null if there is nothing to say. */
function causeOf({ reason, message }: StreamState, kind: DeviceName): Trouble | null {
  if (WANTED.includes(reason)) return message ? { code: "notice", message } : null;
  if (reason === "device" && !message) return trouble("unplugged", kind);
  const device = deviceWord(kind);
  const [code, sentence] = ENDINGS[reason] ?? ["notice", () => t("The stream has ended. Press Record to start again.")];
  return { code, message: message || sentence(device) };
}

const ENDINGS: { [reason: string]: [TroubleCode, (device: string) => string] } = {
  error: ["failed", () => t("Something went wrong in the app. Press Record to try again.")],
  idle: [
    "notice",
    (device) =>
      t("Nothing came from the {device} for a while, so the stream was ended. Press Record to start again.", {
        device,
      }),
  ],
  expired: ["notice", () => t("The time is up. Press Record to start again.")],
  busy: ["full", () => t("The app is busy: too many people are waiting. Try again in a moment.")],
};
