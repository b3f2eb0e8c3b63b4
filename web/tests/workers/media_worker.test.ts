import { beforeEach, describe, expect, it, vi } from "vitest";
import { DOWN_WINDOW } from "../../src/transport/credit.ts";
import { CodecNumber, Flag, PacketKind } from "../../src/wire/packet.ts";
import { MediaWorker } from "../../src/workers/media_worker.ts";
import type { FromWorker } from "../../src/workers/port.ts";
import { FakeSocket } from "../fake_socket.ts";

let engine: MediaWorker;
let told: FromWorker[];
let microphone: { onmessage: ((event: { data: Float32Array }) => void) | null; close: () => void };

const toldOf = <Type extends FromWorker["type"]>(type: Type): Extract<FromWorker, { type: Type }>[] =>
  told.filter((message): message is Extract<FromWorker, { type: Type }> => message.type === type);

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.install();
  told = [];
  engine = new MediaWorker((message) => told.push(message));
  engine.handle({ type: "connect", url: "ws://app/ws", build: "b", hidden: false, isHttp: false });
  FakeSocket.last.open();
  FakeSocket.last.welcome();
});

/** Opens a stream of a microphone of 1 kHz that sends every 0.1 s. */
function record(maxBacklogS = 2): void {
  microphone = { onmessage: null, close: vi.fn() };
  const format = { deviceRate: 1_000, rate: 1_000, channels: 1 };
  engine.handle({ type: "microphone", component: 3, port: microphone as unknown as MessagePort, format });
  const stream = { stream: 1, frames: 0, binding: 7, component: 3, everyS: 0.1, keep: "all", maxBacklogS } as const;
  engine.handle({ type: "open", stream });
}

const state = (name: string, fields: object = {}): void =>
  FakeSocket.last.say({ type: "streamstate", stream: 1, state: name, ...fields });
const credit = (limit: number): void => FakeSocket.last.say({ type: "credit", stream: 1, limit });
const speak = (samples: number): void => microphone.onmessage?.({ data: new Float32Array(samples) });

describe("a session", () => {
  it("begins by giving credit to ordinary events", () => {
    expect(toldOf("welcome")).toEqual([{ type: "welcome", session: "secret", build: "b", isResumed: false }]);
    expect(FakeSocket.last.of("credit")).toEqual([expect.objectContaining({ stream: 0, limit: DOWN_WINDOW })]);
  });

  it("tells a server that it is hidden from the start", () => {
    engine.handle({ type: "visible", hidden: true });
    FakeSocket.last.drop();
    vi.advanceTimersByTime(300);
    FakeSocket.last.open();
    FakeSocket.last.welcome();
    expect(FakeSocket.last.of("visible")).toEqual([expect.objectContaining({ hidden: true })]);
  });

  describe("whose browser takes a while to know its encoders", () => {
    let know: (encodes: number[]) => void;
    const names = (socket: FakeSocket): string[] =>
      socket.messages.map(({ type }) => type).filter((type) => type !== "clock" && type !== "credit");

    beforeEach(() => {
      const probe = { decoders: (known: (numbers: number[]) => void) => known([8, 9]), encoders: vi.fn() };
      probe.encoders.mockImplementation((known) => {
        know = known;
      });
      engine = new MediaWorker((message) => told.push(message), probe);
      engine.handle({ type: "connect", url: "ws://app/ws", build: "b", hidden: false, isHttp: false });
      FakeSocket.last.open();
    });

    it("is served before that, and opens a stream after it", () => {
      FakeSocket.last.welcome();
      engine.handle({ type: "send", message: { type: "cancel", run: 1 } });
      record();
      engine.handle({ type: "send", message: { type: "cancel", run: 2 } });
      expect(names(FakeSocket.last)).toEqual(["hello", "cancel"]);
      know([8]);
      expect(names(FakeSocket.last)).toEqual(["hello", "cancel", "encodes", "open", "cancel"]);
      expect(FakeSocket.last.of("hello")[0]).toMatchObject({ decodes: expect.arrayContaining([8, 9]), encodes: [] });
      expect(FakeSocket.last.of("encodes")[0]).toMatchObject({ encodes: [8] });
    });

    it("says it after the welcome, if it was known sooner", () => {
      know([8]);
      expect(names(FakeSocket.last)).toEqual(["hello"]);
      FakeSocket.last.welcome();
      expect(names(FakeSocket.last)).toEqual(["hello", "encodes"]);
    });

    it("says it in the next hello", () => {
      FakeSocket.last.welcome();
      FakeSocket.last.drop();
      know([8]);
      vi.advanceTimersByTime(300);
      FakeSocket.last.open();
      FakeSocket.last.welcome();
      expect(FakeSocket.last.of("hello")[0]).toMatchObject({ encodes: [8] });
    });
  });

  it("passes on what is for the page", () => {
    FakeSocket.last.say({ type: "toast", level: "info", message: "hi" });
    FakeSocket.last.say({ type: "runstate", run: 1, call: 2, binding: 3, state: "running" });
    FakeSocket.last.say({ type: "turnstate", stream: 1, state: "hearing" });
    FakeSocket.last.say({ type: "script", binding: 3, inputs: [1] });
    FakeSocket.last.say({ type: "outputs", call: 2, run: 1, seen: 4, updates: { 5: { value: "x" } } });
    expect(told.slice(1).map(({ type }) => type)).toEqual(["toast", "run", "turn", "script", "apply"]);
    expect(toldOf("apply")[0]).toMatchObject({ run: 1, seen: 4, updates: { 5: { value: "x" } }, images: [] });
  });

  it("sends what the page says, and hands back what is too large", () => {
    engine.handle({ type: "send", message: { type: "set", component: 5, value: "x" } });
    engine.handle({ type: "send", message: { type: "set", component: 5, value: "x".repeat(2 ** 20) } });
    const rows = (count: number): object => Array.from({ length: count }, () => ({ a: 1 })); // three values each
    engine.handle({ type: "send", message: { type: "set", component: 5, value: rows(3_400) } });
    expect(FakeSocket.last.of("set")).toHaveLength(1);
    expect(toldOf("toolarge")).toHaveLength(2);
    const seq = FakeSocket.last.of("set")[0]?.["seq"];
    expect(toldOf("sent")).toEqual([{ type: "sent", component: 5, seq }]);
  });

  it("says goodbye, and begins another when it is told to", () => {
    engine.handle({ type: "bye" });
    expect(FakeSocket.last.messages.at(-1)?.type).toBe("bye");
    engine.handle({ type: "connect", url: "ws://app/ws", build: "b", hidden: false, isHttp: false });
    expect(FakeSocket.all).toHaveLength(2);
  });
});

describe("a stream", () => {
  beforeEach(() => record());

  it("is opened with credit for what comes back", () => {
    expect(FakeSocket.last.messages.slice(-2)).toEqual([
      expect.objectContaining({ type: "open", stream: 1, binding: 7 }),
      expect.objectContaining({ type: "credit", stream: 1, limit: DOWN_WINDOW }),
    ]);
  });

  it("captures and sends only while it runs", () => {
    credit(9);
    speak(200);
    state("waiting", { position: 1 });
    speak(200);
    state("running");
    speak(200);
    state("waiting", { again: true });
    speak(200);
    expect(FakeSocket.last.packets.map(({ sequence, payload }) => [sequence, payload.length])).toEqual([[1, 416]]);
    expect(toldOf("state").map((message) => message.state.state)).toEqual(["waiting", "running", "waiting"]);
  });

  it("hands over what is left when its turn is over", () => {
    credit(9);
    state("running");
    speak(150);
    state("stopping");
    state("waiting", { again: true });
    const packets = FakeSocket.last.packets;
    expect(packets.map(({ payload }) => payload.length)).toEqual([216, 116]);
    expect(packets.map(({ flags }) => flags & Flag.LAST)).toEqual([0, Flag.LAST]);
  });

  it("flushes at Stop, and names the last packet", () => {
    state("running");
    credit(1);
    speak(150);
    engine.handle({ type: "stop", stream: 1, reason: "user", message: "" });
    expect(FakeSocket.last.of("stop")[0]).toMatchObject({ final: 2, reason: "user" });
    credit(2);
    expect(FakeSocket.last.packets.at(-1)).toMatchObject({ kind: PacketKind.SOUND, sequence: 2 });
  });

  it("says how much is lost if it is stopped while it waits with what its slot could not take any more", () => {
    state("running");
    credit(1);
    speak(100);
    speak(200);
    state("waiting", { again: true });
    engine.handle({ type: "stop", stream: 1, reason: "user", message: "" });
    const message = expect.stringMatching(/^It was stopped before its turn came again: 0\.2 s/);
    expect(FakeSocket.last.of("stop")).toEqual([expect.objectContaining({ final: 1, reason: "failed", message })]);
  });

  it("captures nothing after Stop, also if the server says just then that it runs", () => {
    state("running");
    credit(9);
    engine.handle({ type: "stop", stream: 1, reason: "user", message: "" });
    const sent = FakeSocket.last.packets.length;
    state("running");
    speak(200);
    expect(FakeSocket.last.packets).toHaveLength(sent);
  });

  it("ends by itself when the backlog is full, once, and says what was sent", () => {
    state("running");
    credit(1);
    speak(100);
    for (let i = 0; i < 30; i++) speak(100);
    expect(FakeSocket.last.of("stop")).toEqual([expect.objectContaining({ final: 1, reason: "backlog" })]);
    expect(toldOf("broken")).toHaveLength(1);
  });

  it("is told its deadline by the page's clock", () => {
    const sent = FakeSocket.last.of("clock")[0]?.["page_us"] as number;
    FakeSocket.last.say({ type: "clock", page_us: sent, server_us: 50_000_000 });
    state("running", { limit_s: 10, deadline_us: 60_000_000 });
    const deadline = toldOf("state")[0]?.deadlinePageUs as number;
    expect(Math.abs(deadline - (sent + 10_000_000))).toBeLessThan(2);
    state("running");
    expect(toldOf("state")[1]?.deadlinePageUs).toBe(0);
  });

  it("is forgotten when it has ended, or the link is lost", () => {
    credit(9);
    state("running");
    state("ended", { reason: "error", message: "boom" });
    speak(200);
    expect(FakeSocket.last.packets).toEqual([]);
    record();
    credit(9);
    state("running");
    FakeSocket.last.drop();
    speak(200);
    expect(toldOf("lost")).toHaveLength(1);
  });

  it("goes on when another device takes over", () => {
    const first = microphone;
    credit(9);
    state("running");
    speak(60);
    microphone = { onmessage: null, close: vi.fn() };
    const format = { deviceRate: 1_000, rate: 1_000, channels: 1 };
    engine.handle({ type: "microphone", component: 3, port: microphone as unknown as MessagePort, format });
    speak(60);
    expect(FakeSocket.last.packets.map(({ payload }) => payload.length)).toEqual([216]);
    expect(first.close).toHaveBeenCalledOnce();
  });

  it("tells how loud it is", () => {
    for (let i = 0; i < 4; i++) speak(25);
    expect(toldOf("level")).toHaveLength(2);
  });
});

it("does not open a stream whose chunks no packet could carry", () => {
  const format = { deviceRate: 48_000, rate: 48_000, channels: 2 };
  const port = { onmessage: null, close: vi.fn() } as unknown as MessagePort;
  engine.handle({ type: "microphone", component: 3, port, format });
  const stream = {
    stream: 1,
    frames: 0,
    binding: 7,
    component: 3,
    everyS: 11.5,
    keep: "all",
    maxBacklogS: 30,
  } as const;
  engine.handle({ type: "open", stream });
  expect(toldOf("broken")[0]?.message).toContain("11.5 s");
  expect(FakeSocket.last.of("open")).toEqual([]);
});

it("passes videos to the page, which plays them, and says how far they have been seen", () => {
  const video = {
    kind: PacketKind.SOUND,
    codec: CodecNumber.FMP4,
    flags: Flag.KEY,
    stream: 0,
    component: 5,
    source: 0,
  };
  const payload = Uint8Array.of(1, 2);
  FakeSocket.last.sendPacket({ ...video, sequence: 2, call: 9, captured_us: 0, payload });
  expect(toldOf("video")).toEqual([
    { type: "video", component: 5, playback: 9, sequence: 2, data: payload, isLast: false },
  ]);
  FakeSocket.last.say({ type: "silence", seq: 9, playback: 9 });
  expect(toldOf("silence")).toEqual([{ type: "silence", playback: 9 }]);
  const message = { type: "played", playback: 9, received: 2, rate: 1000, samples: 40, played: 0 } as const;
  engine.handle({ type: "tell", message });
  expect(FakeSocket.last.of("played")).toMatchObject([message]);
});

const FRAME = {
  kind: PacketKind.PICTURE,
  codec: 2,
  flags: Flag.KEY | Flag.INDEPENDENT | Flag.LAST,
  stream: 1,
  component: 5,
  sequence: 1,
  source: 0,
  call: 1,
  captured_us: 0,
  payload: Uint8Array.of(1, 2, 3),
};

describe("frames on their way down", () => {
  it("give credit on receipt, and reach the page as stills if there is no surface for streams", async () => {
    record();
    FakeSocket.last.sendPacket(FRAME);
    expect(FakeSocket.last.of("credit").at(-1)).toMatchObject({ stream: 1, limit: DOWN_WINDOW + 1 });
    expect(toldOf("apply")[0]?.images).toEqual([
      { component: 5, mime: "image/png", data: Uint8Array.of(1, 2, 3), stream: 1, sequence: 1 },
    ]);
    engine.handle({ type: "shown", stream: 1, component: 5, sequence: 1, pageUs: 99 });
    expect(FakeSocket.last.of("shown")[0]).toMatchObject({ stream: 1, component: 5, sequence: 1, page_us: 99 });
  });
});

describe("camera and microphone of one component", () => {
  let frames: { onmessage: ((event: { data: unknown }) => void) | null; close: () => void };

  beforeEach(() => {
    vi.stubGlobal(
      "OffscreenCanvas",
      class {
        getContext = (): object => ({});
      },
    );
    frames = { onmessage: null, close: vi.fn() };
    const options = { size: null, covers: false, mirror: false, quality: 0.8 };
    const source = frames as unknown as MessagePort;
    engine.handle({ type: "camera", component: 3, source, options });
  });

  const open = (frames: number): void => {
    microphone = { onmessage: null, close: vi.fn() };
    const port = microphone as unknown as MessagePort;
    const format = { deviceRate: 1_000, rate: 1_000, channels: 1 };
    if (frames) engine.handle({ type: "microphone", component: 3, port, format });
    const stream = { stream: 1, frames, binding: 7, component: 3, everyS: 0.1, keep: "all", maxBacklogS: 2 } as const;
    engine.handle({ type: "open", stream });
  };

  it("open one stream that names the number of its frames", () => {
    open(2);
    expect(FakeSocket.last.of("open")).toEqual([expect.objectContaining({ stream: 1, pictures: 2 })]);
    expect(FakeSocket.last.of("credit").map(({ stream }) => stream)).toEqual([0, 1]);
  });

  it("send audio as the stream itself, and end together", () => {
    open(2);
    state("running");
    credit(9);
    speak(150);
    expect(FakeSocket.last.packets.map(({ stream, kind }) => [stream, kind])).toEqual([[1, PacketKind.SOUND]]);
    engine.handle({ type: "stop", stream: 1, reason: "user", message: "" });
    expect(FakeSocket.last.of("stop")[0]).toMatchObject({ stream: 1, final: 2 });
    state("ended", { reason: "user" });
    expect(toldOf("state").at(-1)).toMatchObject({ state: { stream: 1, state: "ended" } });
  });

  it("are released together", () => {
    open(2);
    engine.handle({ type: "release", component: 3 });
    expect(microphone.close).toHaveBeenCalledOnce();
  });

  it("are frames alone where there is no microphone", () => {
    open(0);
    expect(FakeSocket.last.of("open")).toEqual([expect.objectContaining({ stream: 1, pictures: 0 })]);
  });
});

describe("a link that is lost and comes back", () => {
  const reopen = (): FakeSocket => {
    vi.advanceTimersByTime(0);
    FakeSocket.last.open();
    return FakeSocket.last;
  };

  beforeEach(() => {
    FakeSocket.last.welcome({ resume: "token" });
    vi.advanceTimersByTime(5_000);
    record();
    credit(2);
    state("running");
    for (let i = 0; i < 3; i++) speak(100);
    told.length = 0;
  });

  it("leaves the stream as it is, and sends what was said and did not arrive, and what was said meanwhile", () => {
    const before = FakeSocket.last;
    expect(before.packets.map(({ sequence }) => sequence)).toEqual([1, 2]);
    before.drop();
    speak(200);
    expect(toldOf("lost")).toEqual([{ type: "lost", retryMs: 0 }]);
    const socket = reopen();
    socket.resume(99, { 1: 1 });
    expect(socket.packets.map(({ sequence }) => sequence)).toEqual([2]);
    socket.say({ type: "credit", stream: 1, limit: 4, received: 2 });
    expect(socket.packets.map(({ sequence, payload }) => [sequence, payload.length])).toEqual([
      [2, 16 + 200],
      [3, 16 + 600],
    ]);
    expect(toldOf("welcome")).toEqual([{ type: "welcome", session: "secret", build: "b", isResumed: true }]);
  });

  it("gives again the credit for what comes back", () => {
    FakeSocket.last.drop();
    const socket = reopen();
    socket.resume(99);
    expect(socket.of("credit").map(({ stream, limit }) => [stream, limit])).toEqual([
      [0, DOWN_WINDOW],
      [1, DOWN_WINDOW],
    ]);
  });

  it("tells a server that goes on where another one was all that only that one knew", () => {
    engine.handle({ type: "watch", on: true });
    speak(200);
    FakeSocket.last.say({ type: "credit", stream: 1, limit: 4, received: 1 });
    FakeSocket.last.sendPacket({ ...FRAME, stream: 0, sequence: 5 });
    FakeSocket.last.drop();
    const socket = reopen();
    expect(socket.messages[0]).toMatchObject({ type: "hello", sent: [[1, 1, 4]] });
    socket.welcome({ seq: 0, resumed: true, moved: true, resume: "next", seen: 99, received: { 1: 1 } });
    expect(socket.packets.map(({ sequence }) => sequence)).toEqual([2, 3]);
    expect(socket.of("credit").map(({ stream, limit, received }) => [stream, limit, received])).toEqual([
      [0, 5 + DOWN_WINDOW, 5],
      [1, DOWN_WINDOW, 0],
    ]);
    expect(socket.of("watch")).toEqual([expect.objectContaining({ on: true })]);
    engine.handle({ type: "watch", on: false });
  });

  it("brings Stop, which was pressed meanwhile, and the rest of the recording", () => {
    FakeSocket.last.drop();
    engine.handle({ type: "stop", stream: 1, reason: "user", message: "" });
    const socket = reopen();
    socket.resume(0, { 1: 2 });
    expect(socket.of("stop")).toEqual([expect.objectContaining({ final: 3, reason: "user" })]);
    socket.say({ type: "credit", stream: 1, limit: 4, received: 2 });
    expect(socket.packets.map(({ sequence, flags }) => [sequence, flags & Flag.LAST])).toEqual([[3, Flag.LAST]]);
  });

  it("for too long begins another session, which knows nothing of the stream", () => {
    FakeSocket.last.drop();
    const socket = reopen();
    socket.welcome();
    speak(500);
    expect(socket.packets).toEqual([]);
    expect(socket.of("open")).toEqual([]);
    expect(toldOf("welcome")).toEqual([expect.objectContaining({ isResumed: false })]);
  });

  it("ends a stream that has more to say than may wait, and says why", () => {
    FakeSocket.last.drop();
    for (let i = 0; i < 22; i++) speak(100);
    expect(toldOf("broken")[0]).toMatchObject({ reason: "backlog", message: expect.stringContaining("lost") });
  });
});
