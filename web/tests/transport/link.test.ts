import { beforeEach, describe, expect, it, vi } from "vitest";
import { Link } from "../../src/transport/link.ts";
import type { PageMessage } from "../../src/wire/messages.ts";
import { PacketKind } from "../../src/wire/packet.ts";
import { FakeSocket } from "../fake_socket.ts";

const events = {
  welcome: vi.fn(),
  refused: vi.fn(),
  replaced: vi.fn(),
  lost: vi.fn(),
  message: vi.fn(),
  packet: vi.fn(),
  sent: () => [[1, 5, 7]] as [number, number, number][],
  stood: vi.fn(),
  silent: vi.fn(),
};
let link: Link;

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  FakeSocket.install();
  link = new Link("ws://app/ws", "build", events);
  link.connect();
});

function serve(): FakeSocket {
  const socket = FakeSocket.last;
  socket.open();
  socket.welcome();
  return socket;
}

it("says hello first, and numbers what it says", () => {
  const socket = serve();
  link.send({ type: "cancel", run: 1 });
  expect(socket.messages.map(({ type, seq }) => [type, seq])).toEqual([
    ["hello", 1],
    ["clock", 2],
    ["cancel", 3],
  ]);
  expect(socket.messages[0]).toMatchObject({ version: 1, build: "build" });
});

it("drops what is said without a session", () => {
  FakeSocket.last.open();
  link.send({ type: "cancel", run: 1 });
  expect(FakeSocket.last.of("cancel")).toEqual([]);
});

it("begins to count anew in a fresh session", () => {
  serve().drop();
  expect(events.lost).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(300);
  expect(serve().messages.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(events.welcome).toHaveBeenCalledTimes(2);
});

it("compares the clocks every second, and tells the server when its last answer came", () => {
  const socket = serve();
  for (let i = 0; i < 3; i++) {
    vi.advanceTimersByTime(1_000);
    socket.say({ type: "clock", page_us: socket.of("clock").at(-1)?.["page_us"], server_us: 99 + i });
  }
  expect(socket.of("clock")).toHaveLength(4);
  expect(socket.of("clock").at(-1)).toMatchObject({ server_us: 100, heard_us: expect.any(Number) });
  expect(link.clock.roundTripUs).toBe(0);
});

it("notices that the link stood still, by a silence that is longer than between two answers", () => {
  const socket = serve();
  vi.advanceTimersByTime(1_400);
  socket.say({ type: "toast", level: "info", message: "on time" });
  expect(events.stood).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_600);
  socket.say({ type: "toast", level: "info", message: "late" });
  expect(events.stood).toHaveBeenCalledExactlyOnceWith((performance.timeOrigin + performance.now()) * 1000);
});

/** Lets time pass in which the server answers its clock, and nothing else. */
function idle(socket: FakeSocket, seconds: number): void {
  for (let asked = socket.of("clock").length, i = 0; i < seconds; i++) {
    vi.advanceTimersByTime(1_000);
    if (socket.of("clock").length > asked) socket.say({ type: "clock", page_us: 0, server_us: 0 });
    asked = socket.of("clock").length;
  }
}

it("compares the clocks at each third second while nothing is said, and takes that for no standstill", () => {
  const socket = serve();
  idle(socket, 9);
  const asked = socket.of("clock").length;
  idle(socket, 60);
  expect(socket.of("clock")).toHaveLength(asked + 20);
  expect(events.stood).not.toHaveBeenCalled();
  expect(events.lost).not.toHaveBeenCalled();
  vi.advanceTimersByTime(10_000);
  expect(events.lost).toHaveBeenCalledOnce();
});

it.each<[string, (socket: FakeSocket) => void]>([
  ["the page says something", () => link.send({ type: "cancel", run: 1 })],
  ["the server says something", (socket) => socket.say({ type: "toast", level: "info", message: "hello" })],
])("compares the clocks at once, and every second again, when %s", (_, speak) => {
  const socket = serve();
  idle(socket, 31);
  const asked = socket.of("clock").length;
  speak(socket);
  expect(socket.of("clock")).toHaveLength(asked + 1);
  idle(socket, 4);
  expect(socket.of("clock")).toHaveLength(asked + 5);
});

/** Lets time pass as `idle` does; the server gives signs of life between its answers, as it says in them. */
function rest(socket: FakeSocket, seconds: number): void {
  let [asked, heardS] = [socket.of("clock").length, 0];
  for (let atS = 0.5; atS <= seconds; atS += 0.5) {
    vi.advanceTimersByTime(500);
    const said = socket.of("clock");
    const isAsked = said.length > asked;
    if (isAsked) socket.say({ type: "clock", page_us: 0, server_us: 0, idle: said.at(-1)?.["idle"] });
    else if (atS - heardS >= 2.5) socket.say({ type: "heartbeat", seq: 0 });
    else continue;
    [asked, heardS] = [said.length, atS];
  }
}

it("rests while the server gives signs of life, and says within five seconds that they have ended", () => {
  const socket = serve();
  rest(socket, 20);
  const asked = socket.of("clock").length;
  rest(socket, 120);
  expect(socket.of("clock").slice(asked)).toEqual(Array(6).fill(expect.objectContaining({ idle: true })));
  expect([events.stood, events.silent, events.lost].map(({ mock }) => mock.calls.length)).toEqual([0, 0, 0]);
  expect(socket.of("ack").length).toBeLessThan(3);
  for (const untilSilent of [0, 400, 900]) {
    rest(socket, 12);
    vi.advanceTimersByTime(untilSilent);
    socket.say({ type: "heartbeat", seq: 0 });
    vi.advanceTimersByTime(4_999);
    expect(events.silent.mock.calls).toEqual([[true]]);
    expect(events.lost).not.toHaveBeenCalled();
    socket.say({ type: "heartbeat", seq: 0 });
    expect(events.silent.mock.lastCall).toEqual([false]);
    events.silent.mockClear();
  }
  vi.advanceTimersByTime(10_000);
  expect(events.lost).toHaveBeenCalledOnce();
});

it("is awake again as soon as anything is said", () => {
  const socket = serve();
  rest(socket, 40);
  const asked = socket.of("clock").length;
  link.send({ type: "cancel", run: 1 });
  expect(socket.of("clock").at(-1)).toMatchObject({ idle: false });
  rest(socket, 4);
  expect(socket.of("clock")).toHaveLength(asked + 5);
});

it("says of each packet how long after its capture it leaves, and when the next one can", () => {
  const socket = serve();
  const [captured_us, payload] = [(performance.timeOrigin + performance.now()) * 1000, new Uint8Array(10_000)];
  const frame = { kind: PacketKind.PICTURE, codec: 1, flags: 3, stream: 1, component: 4, source: 0, call: 0, payload };
  socket.say({ type: "credit", stream: 1, limit: 9, received: 0, left_us: captured_us, rate: 100_000 });
  expect(link.isFree(1, captured_us)).toBe(true);
  vi.advanceTimersByTime(8);
  link.sendPacket({ ...frame, sequence: 1, captured_us });
  expect(socket.packets.at(-1)?.source).toBe(8_000);
  expect(link.isFree(1, captured_us + 20_000)).toBe(false);
  expect(link.isFree(1, captured_us + 90_000)).toBe(true);
  socket.bufferedAmount = 10_000;
  expect(link.isFree(1, captured_us + 90_000)).toBe(false);
  socket.bufferedAmount = 0;
  link.forget(1);
  expect(link.isFree(1, captured_us)).toBe(true);
});

it.each(["version", "login"])("does not come back to a server that refuses for good: %s", (code) => {
  FakeSocket.last.open();
  FakeSocket.last.say({ type: "refuse", code, message: "no" });
  vi.advanceTimersByTime(60_000);
  expect(events.refused).toHaveBeenCalledWith(expect.objectContaining({ code, message: "no" }));
  expect(FakeSocket.all).toHaveLength(1);
});

it.each(["busy", "shutdown"])("comes back to a server that is %s until it is served", (code) => {
  FakeSocket.last.open();
  FakeSocket.last.say({ type: "refuse", code, message: "not now" });
  expect(events.refused).toHaveBeenCalledWith(expect.objectContaining({ code, message: "not now" }));
  // What the server said is the last word on it.
  const [lost, refused] = [events.lost, events.refused].map(({ mock }) => mock.invocationCallOrder.at(-1) ?? 0);
  expect(lost).toBeLessThan(refused ?? 0);
  vi.advanceTimersByTime(500);
  serve();
  expect(events.welcome).toHaveBeenCalledOnce();
});

it("refuses to send what the server would not read", () => {
  const socket = serve();
  expect(link.send({ type: "set", component: 1, value: "x".repeat(1024 * 1024) })).toBe(false);
  expect(link.send({ type: "set", component: 1, value: "x" })).toBe(true);
  expect(socket.messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
});

it("says goodbye", () => {
  const socket = serve();
  link.close();
  expect(socket.messages.at(-1)).toMatchObject({ type: "bye" });
  expect(link.isOpen).toBe(false);
});

it("acknowledges control messages and audio, not each of them, and frames never", () => {
  const socket = serve();
  const packet = { codec: 1, flags: 7, stream: 0, component: 1, source: 0, call: 1, captured_us: 0 };
  const payload = new Uint8Array(4);
  for (let sequence = 1; sequence <= 100; sequence++) {
    socket.sendPacket({ ...packet, kind: PacketKind.PICTURE, sequence, payload });
  }
  for (let seq = 2; seq <= 13; seq++) socket.say({ type: "credit", seq, stream: 1, limit: seq });
  for (let sequence = 1; sequence <= 2; sequence++) {
    socket.sendPacket({ ...packet, kind: PacketKind.SOUND, sequence, payload });
  }
  expect(socket.of("ack")).toEqual([]);
  socket.say({ type: "credit", seq: 14, stream: 1, limit: 14 });
  expect(socket.of("ack")).toEqual([expect.objectContaining({ seen: 14, audio: 2 })]);
});

it("acknowledges what is large sooner", () => {
  const socket = serve();
  socket.say({ type: "outputs", seq: 2, call: 1, updates: { 1: { value: "x".repeat(256 * 1024) } } });
  expect(socket.of("ack")).toEqual([expect.objectContaining({ seen: 2, audio: 0 })]);
});

describe("a session whose link is lost", () => {
  const click = (run: number): PageMessage => ({ type: "fire", binding: 0, run });

  function begin(): FakeSocket {
    const socket = FakeSocket.last;
    socket.open();
    socket.welcome({ resume: "token" });
    vi.advanceTimersByTime(5_000);
    return socket;
  }

  /** Loses the link, and opens another transport. */
  function reopen(socket: FakeSocket, meanwhile: () => void = () => {}): FakeSocket {
    socket.drop();
    meanwhile();
    vi.advanceTimersByTime(200);
    FakeSocket.last.open();
    return FakeSocket.last;
  }

  it("is asked for by its token, with what has come", () => {
    const socket = begin();
    const sound = { kind: PacketKind.SOUND, codec: 0, flags: 1, stream: 0, component: 1, source: 0, call: 1 };
    socket.say({ type: "toast", seq: 7, level: "info", message: "" });
    socket.sendPacket({ ...sound, sequence: 1, captured_us: 0, payload: new Uint8Array(4) });
    const next = reopen(socket);
    expect(next.messages).toEqual([
      expect.objectContaining({ type: "hello", seq: 1, resume: "token", seen: 7, audio: 1, sent: [[1, 5, 7]] }),
    ]);
    next.resume(1);
    expect(events.welcome).toHaveBeenLastCalledWith(expect.objectContaining({ resumed: true }));
    expect(reopen(next).messages[0]).toMatchObject({ resume: "next", seen: 7, audio: 1 });
  });

  it("gets again what the server has not acted upon, under its sequence, and then what follows", () => {
    const socket = begin();
    const { length } = socket.messages;
    for (const run of [1, 2]) link.send(click(run));
    const next = reopen(socket, () => link.send(click(3)));
    expect(next.of("fire")).toEqual([]);
    next.resume(length + 1);
    link.send(click(4));
    const fired = next.of("fire").map(({ run, seq }) => [run, (seq as number) - length]);
    expect(fired.slice(0, 2)).toEqual([
      [2, 2],
      [3, 3],
    ]);
    expect(fired[2]?.[0]).toBe(4);
    expect(next.messages.slice(1).map(({ seq }) => seq)).toEqual(
      [...next.messages.slice(1)].map(({ seq }) => seq as number).sort((a, b) => a - b),
    );
  });

  it("is told nothing twice that the server has acted upon, as its clock says", () => {
    const socket = begin();
    link.send(click(1));
    socket.say({ type: "clock", page_us: 0, server_us: 0, seen: link.sent });
    const next = reopen(socket);
    next.resume(0);
    expect(next.of("fire")).toEqual([]);
  });

  it("may be over: everything begins anew", () => {
    const socket = begin();
    link.send(click(1));
    const next = reopen(socket);
    next.welcome({ resume: "other" });
    link.send(click(1));
    expect(next.messages.map(({ type, seq }) => [type, seq])).toEqual([
      ["hello", 1],
      ["clock", 2],
      ["fire", 3],
    ]);
    expect(reopen(next).messages[0]).toMatchObject({ resume: "other", seen: 1, audio: 0 });
  });

  it("is not asked for where a lost link ends it, and nothing waits for it then", () => {
    const socket = serve();
    const next = reopen(socket, () => link.send(click(1)));
    expect(next.messages[0]).not.toHaveProperty("resume");
    next.welcome();
    expect(next.of("fire")).toEqual([]);
  });

  it("is left to another page that has come back to it, once and for all", () => {
    begin().drop(4409);
    vi.advanceTimersByTime(60_000);
    expect([events.replaced, events.lost].map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
    expect(FakeSocket.all).toHaveLength(1);
    link.connect();
    FakeSocket.last.open();
    expect(FakeSocket.last.messages[0]).not.toHaveProperty("resume");
  });

  it("is not asked for after the page has said goodbye", () => {
    begin();
    link.close();
    link.connect();
    FakeSocket.last.open();
    expect(FakeSocket.last.messages[0]).not.toHaveProperty("resume");
  });

  it("takes no frame, since none would arrive", () => {
    const socket = begin();
    expect(link.isFree(1, 0)).toBe(true);
    socket.drop();
    expect(link.isFree(1, 0)).toBe(false);
  });

  it("is left to the server by a page that rests, without a goodbye, and without another attempt", () => {
    const socket = begin();
    link.suspend();
    vi.advanceTimersByTime(60_000);
    expect([FakeSocket.all.length, socket.of("bye").length, socket.closedWith]).toEqual([1, 0, 4000]);
    link.connect();
    FakeSocket.last.open();
    expect(FakeSocket.last.messages[0]).toMatchObject({ resume: "token" });
  });
});

describe("a link that may be dead", () => {
  it("is tested, and given up if no answer comes", () => {
    const socket = serve();
    vi.advanceTimersByTime(100);
    link.connect();
    expect(socket.of("clock")).toHaveLength(2);
    vi.advanceTimersByTime(1_900);
    expect(events.lost).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    expect(events.lost).toHaveBeenCalledOnce();
    expect(socket.closedWith).toBe(4000);
  });

  it("is kept if one comes", () => {
    const socket = serve();
    link.connect();
    vi.advanceTimersByTime(500);
    socket.say({ type: "clock", page_us: 0, server_us: 0 });
    vi.advanceTimersByTime(3_000);
    expect(events.lost).not.toHaveBeenCalled();
  });
});

it("gives a server up that is silent for six seconds, and one that begins a session for fifteen", () => {
  FakeSocket.last.open();
  vi.advanceTimersByTime(14_000);
  expect(events.lost).not.toHaveBeenCalled();
  FakeSocket.last.welcome();
  vi.advanceTimersByTime(5_500);
  expect(events.lost).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2_000);
  expect(events.lost).toHaveBeenCalledOnce();
});

describe("over a link that is cut again and again", () => {
  /** A server that acts upon what has come, at most once, and may be cut off from what is still on its way. */
  class Server {
    readonly acted: number[] = [];
    private seen = 0;
    private read = 0;

    /** Acts upon messages that have come over the newest transport, but not upon the last `lost` of them. */
    act(lost = 0): void {
      const { messages } = FakeSocket.last;
      const arrived = messages.slice(this.read, Math.max(this.read, messages.length - lost));
      this.read += arrived.length;
      for (const { type, seq, run } of arrived) {
        if (type === "hello" || (seq as number) <= this.seen) continue;
        this.seen = seq as number;
        if (type === "fire") this.acted.push(run as number);
      }
    }

    answer(): void {
      FakeSocket.last.say({ type: "clock", page_us: 0, server_us: 0, seen: this.seen });
    }

    /** Acts, answers, or is cut off and comes back. */
    step(chance: number): void {
      if (chance < 0.25) this.act();
      else if (chance < 0.5) this.answer();
      else if (!link.isOpen) this.attach();
      else if (chance < 0.75) {
        this.act(Math.floor(chance * 100) % 5);
        FakeSocket.last.drop();
      }
    }

    attach(): void {
      if (link.isOpen) return;
      vi.advanceTimersByTime(7_000);
      FakeSocket.last.open();
      this.read = 0;
      this.act();
      FakeSocket.last.resume(this.seen);
    }
  }

  it.each([1, 2, 3, 4, 5, 6])("every message is acted upon once and in order: seed %i", (seed) => {
    let state = seed;
    const random = (): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648;
    };
    FakeSocket.last.open();
    FakeSocket.last.welcome({ resume: "token" });
    const server = new Server();
    let run = 0;
    for (let step = 0; step < 500; step++) {
      if (random() < 0.6) link.send({ type: "fire", binding: 0, run: ++run });
      else server.step(random());
    }
    server.attach();
    server.act();
    expect(server.acted).toEqual(Array.from({ length: run }, (_, at) => at + 1));
  });
});

it.each([2, 30])(
  "says within five seconds that the server is silent, after %s quiet seconds, and keeps the link",
  (quiet) => {
    const socket = serve();
    idle(socket, quiet);
    vi.advanceTimersByTime(5_000);
    expect(events.silent.mock.calls).toEqual([[true]]);
    expect(socket.closedWith).toBe(0);
    socket.say({ type: "clock", page_us: 0, server_us: 0 });
    expect(events.silent.mock.calls).toEqual([[true], [false]]);
  },
);
