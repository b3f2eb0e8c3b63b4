import { beforeEach, describe, expect, it, vi } from "vitest";
import { Reconnection } from "../../src/transport/reconnection.ts";
import { openWebSocket } from "../../src/transport/websocket.ts";
import { FakeSocket } from "../fake_socket.ts";

const events = { opened: vi.fn(), received: vi.fn(), lost: vi.fn(), replaced: vi.fn() };
let line: Reconnection;

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  FakeSocket.install();
  line = new Reconnection("ws://app/ws", openWebSocket, events);
  line.connect();
});

/** The server serves the page, for so long. */
function serve(ms = 5_000): void {
  FakeSocket.last.open();
  line.settle();
  vi.advanceTimersByTime(ms);
}

const lastWaitMs = (): number => events.lost.mock.lastCall?.[0] as number;

it("goes through its states", () => {
  const states = [line.state];
  FakeSocket.last.open();
  states.push(line.state);
  line.settle();
  states.push(line.state);
  FakeSocket.last.drop();
  states.push(line.state);
  vi.advanceTimersByTime(0);
  states.push(line.state);
  line.close();
  states.push(line.state);
  expect(states).toEqual(["opening", "greeting", "open", "waiting", "opening", "idle"]);
  expect([events.opened, events.lost].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
});

describe("a transport that is lost", () => {
  it("is replaced at once, and then later each time", () => {
    serve();
    const waits = [0, 1, 2, 3, 4].map(() => {
      FakeSocket.last.drop();
      vi.advanceTimersByTime(7_000);
      return lastWaitMs();
    });
    expect(waits[0]).toBe(0);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits[4]).toBeGreaterThanOrEqual(2_100);
    expect(FakeSocket.all).toHaveLength(6);
  });

  it("is replaced at once again after the page was served for a while", () => {
    for (let i = 0; i < 4; i++) {
      FakeSocket.last.drop();
      vi.advanceTimersByTime(7_000);
    }
    serve();
    FakeSocket.last.drop();
    expect(lastWaitMs()).toBe(0);
  });

  it("is not replaced again and again without a pause by a server that serves the page and drops it", () => {
    serve();
    const waits = [0, 1, 2, 3].map(() => {
      FakeSocket.last.drop();
      vi.advanceTimersByTime(7_000);
      serve(10);
      return lastWaitMs();
    });
    expect(waits[3]).toBeGreaterThanOrEqual(700);
  });

  it("that another page has come back for is left to it", () => {
    serve();
    FakeSocket.last.drop(4409);
    vi.advanceTimersByTime(60_000);
    expect([line.state, FakeSocket.all.length]).toEqual(["idle", 1]);
    expect([events.lost, events.replaced].map(({ mock }) => mock.calls.length)).toEqual([0, 1]);
  });

  it("says nothing any more", () => {
    const [before] = [FakeSocket.last];
    const { onmessage, onclose, onopen } = before;
    line.restart();
    vi.advanceTimersByTime(0);
    onmessage?.({ data: new ArrayBuffer(1) });
    onclose?.({ code: 1006 });
    onopen?.();
    expect([events.received, events.lost, events.opened].map(({ mock }) => mock.calls.length)).toEqual([0, 1, 0]);
    expect(FakeSocket.all).toHaveLength(2);
  });
});

it("gives up on a server that never answers", () => {
  vi.advanceTimersByTime(10_000);
  expect(events.lost).toHaveBeenCalledOnce();
});

describe("with another network", () => {
  it("nothing is waited for", () => {
    for (let i = 0; i < 6; i++) {
      FakeSocket.last.drop();
      vi.advanceTimersByTime(7_000);
    }
    FakeSocket.last.drop();
    const { length } = FakeSocket.all;
    line.connect();
    expect(FakeSocket.all).toHaveLength(length + 1);
    FakeSocket.last.drop();
    expect(lastWaitMs()).toBe(0);
  });

  it("an attempt that was begun in the old one is given up, one that has just begun is not", () => {
    line.connect();
    expect(FakeSocket.all).toHaveLength(1);
    vi.advanceTimersByTime(2_000);
    line.connect();
    expect(FakeSocket.all).toHaveLength(2);
  });

  it("a link that works is left alone", () => {
    serve();
    line.connect();
    expect([line.state, FakeSocket.all.length]).toEqual(["open", 1]);
  });
});

it("does not wait when it is told to connect, and connects once", () => {
  FakeSocket.last.drop();
  line.connect();
  line.connect();
  expect(FakeSocket.all).toHaveLength(2);
  vi.advanceTimersByTime(300);
  expect(FakeSocket.all).toHaveLength(2);
});

it("is silent after it was closed", () => {
  const { last } = FakeSocket;
  line.close();
  last.drop();
  vi.advanceTimersByTime(60_000);
  expect(events.lost).not.toHaveBeenCalled();
  expect(FakeSocket.all).toHaveLength(1);
});
