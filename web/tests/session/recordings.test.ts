// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openMicrophone } from "../../src/capture/microphone.ts";
import type { Binding } from "../../src/manifest.ts";
import { Recordings } from "../../src/session/recordings.ts";
import { Store } from "../../src/session/store.ts";
import type { StreamView } from "../../src/states.ts";
import type { StreamState } from "../../src/wire/messages.ts";
import type { ToWorker } from "../../src/workers/port.ts";
import { binding, manifest, STREAM } from "./manifest.ts";

// There is no audio without a browser.
vi.mock("../../src/capture/microphone.ts");

/** A camera that looks where it is asked to, as a phone's two do. */
class FakeTrack extends EventTarget {
  readonly facing: unknown;
  readyState = "live";

  constructor(facing: unknown) {
    super();
    this.facing = facing;
  }

  getSettings(): object {
    return { facingMode: this.facing, deviceId: String(this.facing) };
  }

  stop(): void {
    this.readyState = "ended";
  }
}

const CAMERA = 3;
const DRAW: Binding = binding({ id: 2, targets: [[CAMERA, "stream"]], inputs: [CAMERA], outputs: [2], stream: STREAM });
const HEAR: Binding = binding({ id: 3, targets: [[5, "stream"]], inputs: [5], stream: { ...STREAM, component: 5 } });

let recordings: Recordings;
let store: Store;
let posted: ToWorker[];
let views: StreamView[];
/** What was told of whole recordings, in order. */
let told: string[];
let tracks: FakeTrack[];
/** Opens the cameras that were asked for; a test that holds them back takes it. */
let grant: (() => void)[];
let isHeld: boolean;

beforeEach(() => {
  [posted, views, told, tracks, grant, isHeld] = [[], [], [], [], [], false];
  const getUserMedia = async ({ video }: { video: { facingMode: { ideal: string } | string } }): Promise<unknown> => {
    if (isHeld) await new Promise<void>((resolve) => grant.push(resolve));
    const wanted = video.facingMode;
    const track = new FakeTrack(typeof wanted === "string" ? wanted : wanted.ideal);
    tracks.push(track);
    return { getVideoTracks: () => [track] };
  };
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
  window.MediaStreamTrackProcessor = class {
    readonly readable = new ReadableStream<VideoFrame>();
  };
  const declared = manifest(DRAW, HEAR);
  store = new Store(declared);
  store.update(CAMERA, { mirror: null });
  recordings = new Recordings(declared, store, {
    post: (message) => posted.push(message),
    ready: () => Promise.resolve(),
    show: (_, view) => views.push(view),
    level: () => {},
    begun: () => told.push("begun"),
    ended: () => told.push("ended"),
    failed: () => told.push("failed"),
  });
});

afterEach(() => {
  delete window.MediaStreamTrackProcessor;
});

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};
const press = async (action: "start" | "stop"): Promise<void> => {
  recordings.record({ component: CAMERA, action });
  await settle();
};
const tell = (stream: number, state: string, fields: Partial<StreamState> = {}): void => {
  const rest = { position: 0, eta_s: -1, limit_s: 0, deadline_us: 0, reason: "", message: "", again: false };
  recordings.update({ type: "streamstate", stream, state, ...rest, ...fields } as StreamState, 0);
};
const last = (): StreamView => views.at(-1) as StreamView;
const sent = <Type extends ToWorker["type"]>(type: Type): Extract<ToWorker, { type: Type }>[] =>
  posted.filter((message): message is Extract<ToWorker, { type: Type }> => message.type === type);

describe("Record while the last call of a stopped stream still runs", () => {
  beforeEach(async () => {
    await press("start");
    tell(1, "running");
    await press("stop");
  });

  it("is offered at once, the camera is off, and nothing is over yet", () => {
    expect(last()).toMatchObject({ state: "idle", preview: null, trouble: null });
    expect(tracks.map(({ readyState }) => readyState)).toEqual(["ended"]);
    expect(told).toEqual(["begun"]);
  });

  it("begins another recording at once, which waits its turn", async () => {
    await press("start");
    expect(sent("open").map(({ stream }) => stream.stream)).toEqual([1, 2]);
    tell(2, "waiting", { position: 1, eta_s: 3 });
    expect(last()).toMatchObject({ state: "waiting", position: 1, etaS: 3 });
    expect(last().preview).not.toBeNull();
  });

  it("is not disturbed by the end of the first, with an error or without", async () => {
    await press("start");
    tell(2, "waiting", { position: 1 });
    const [shown, released] = [views.length, sent("release").length];
    tell(1, "ended", { reason: "error", message: "boom" });
    expect([views.length, sent("release").length]).toEqual([shown, released]);
    tell(2, "running");
    expect(last()).toMatchObject({ state: "running", trouble: null });
    expect(tracks.map(({ readyState }) => readyState)).toEqual(["ended", "live"]);
    expect(told).not.toContain("failed");
  });

  it("tells the end of each recording once, before the next one begins", async () => {
    await press("start");
    tell(1, "ended", { reason: "user" });
    tell(2, "running");
    await press("stop");
    tell(2, "ended", { reason: "user" });
    expect(told).toEqual(["begun", "ended", "begun", "ended"]);
  });

  it("hides what the first still returns for the camera's own frame, and nothing else", async () => {
    expect(recordings.isReplaced(CAMERA, 1)).toBe(false);
    await press("start");
    tell(1, "ended", { reason: "user" });
    expect([recordings.isReplaced(CAMERA, 1), recordings.isReplaced(CAMERA, 2)]).toEqual([true, false]);
    expect([recordings.isReplaced(2, 1), recordings.isReplaced(CAMERA, 0)]).toEqual([false, false]);
    await press("stop");
    await press("start");
    expect([1, 2, 3].map((stream) => recordings.isReplaced(CAMERA, stream))).toEqual([true, true, false]);
    await press("stop");
    for (const stream of [2, 3]) tell(stream, "ended", { reason: "user" });
    await press("start");
    expect([1, 2, 3].some((stream) => recordings.isReplaced(CAMERA, stream))).toBe(false);
  });

  it("is not needed: an error of the last call is told where it happened", () => {
    tell(1, "ended", { reason: "error", message: "boom" });
    expect(last()).toMatchObject({ state: "idle", trouble: { code: "failed", message: "boom" } });
    expect(told).toEqual(["begun", "failed", "ended"]);
  });

  it("ends with the session, each once", async () => {
    await press("start");
    recordings.clear(null);
    expect(told).toEqual(["begun", "ended", "begun", "ended"]);
    expect(tracks.map(({ readyState }) => readyState)).toEqual(["ended", "ended"]);
  });
});

describe("audio that is recorded again before the server has all of it", () => {
  const MICROPHONE = 5;
  const audio = async (action: "start" | "stop"): Promise<void> => {
    recordings.record({ component: MICROPHONE, action });
    await settle();
  };

  beforeEach(async () => {
    vi.mocked(openMicrophone).mockImplementation(
      async () => ({ track: new FakeTrack(null), port: "samples", format: {}, device: "m", close: () => {} }) as never,
    );
    await audio("start");
    tell(1, "running");
    await audio("stop");
    await audio("start");
    tell(2, "running");
  });

  it("is told to be complete when it is, and shows nothing", () => {
    expect(told).toEqual(["begun", "begun"]);
    const shown = views.length;
    tell(1, "ended", { reason: "user" });
    expect(told).toEqual(["begun", "begun", "ended"]);
    expect(views).toHaveLength(shown);
    expect(last()).toMatchObject({ state: "running" });
  });

  it("ends with the session", () => {
    recordings.clear(null);
    expect(told).toEqual(["begun", "begun", "ended", "ended"]);
  });
});

describe("another microphone", () => {
  const MICROPHONE = 5;

  it("delivers what the first one does, so that what was said goes on", async () => {
    const wished: unknown[] = [];
    vi.mocked(openMicrophone).mockImplementation(async ({ rate, channels, choice }) => {
      wished.push([rate, channels, choice.device]);
      const format = { deviceRate: 44_100, rate: rate ?? 44_100, channels: channels ?? 2, latencyS: 0 };
      return { track: new FakeTrack(null), port: "samples", format, device: "m", close: () => {} } as never;
    });
    recordings.record({ component: MICROPHONE, action: "start" });
    await settle();
    recordings.choose({ component: MICROPHONE, device: "another" });
    await settle();
    recordings.record({ component: MICROPHONE, action: "stop" });
    recordings.record({ component: MICROPHONE, action: "start" });
    await settle();
    expect(wished).toEqual([
      [null, null, undefined],
      [44_100, 2, "another"],
      [null, null, "another"],
    ]);
  });
});

describe("another camera", () => {
  const mirrored = (): boolean[] => sent("camera").map(({ options }) => options.mirror);

  it.each([
    [null, [true, false, true]],
    [true, [true, true, true]],
    [false, [false, false, false]],
  ])("with mirror=%s is mirrored in what is shown and in what is sent alike", async (mirror, expected) => {
    store.update(CAMERA, { mirror });
    await press("start");
    tell(1, "running");
    const shown = [last().mirrored];
    for (const facing of ["environment", "user"] as const) {
      recordings.choose({ component: CAMERA, facing });
      await settle();
      shown.push(last().mirrored);
    }
    expect(shown).toEqual(expected);
    expect(mirrored()).toEqual(expected);
    expect(sent("open")).toHaveLength(1);
  });

  it("chosen while one is being opened takes its place", async () => {
    isHeld = true;
    await press("start");
    recordings.choose({ component: CAMERA, facing: "environment" });
    while (grant.length > 0) {
      grant.shift()?.();
      await settle();
    }
    expect(tracks.map(({ facing, readyState }) => [facing, readyState])).toEqual([
      ["user", "ended"],
      ["environment", "live"],
    ]);
    expect(sent("camera")).toHaveLength(1);
    expect(last()).toMatchObject({ device: "environment", mirrored: false });
  });
});
