import { beforeEach, describe, expect, it, vi } from "vitest";
import { ReconnectingSocket, retryDelayMs } from "../../src/transport/websocket.ts";
import { FakeSocket } from "../fake_socket.ts";

describe("the delay before another attempt", () => {
  it("doubles up to ten seconds", () => {
    expect([0, 1, 2, 3].map((attempt) => retryDelayMs(attempt, () => 1))).toEqual([250, 500, 1000, 2000]);
    expect(retryDelayMs(40, () => 1)).toBe(10_000);
  });

  it("has jitter of a half", () => {
    expect(retryDelayMs(2, () => 0)).toBe(500);
  });
});

describe("a socket that comes back", () => {
  const events = { opened: vi.fn(), received: vi.fn(), lost: vi.fn() };
  let socket: ReconnectingSocket;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.clearAllMocks();
    FakeSocket.install();
    socket = new ReconnectingSocket("ws://app/ws", events);
    socket.connect();
  });

  it("speaks our subprotocol in binary", () => {
    expect(FakeSocket.last).toMatchObject({ url: "ws://app/ws", protocol: "millstream.1", binaryType: "arraybuffer" });
  });

  it("tries again by itself, later each time", () => {
    const delays = [0, 1, 2].map(() => {
      FakeSocket.last.drop();
      vi.advanceTimersByTime(10_000);
      return events.lost.mock.lastCall?.[0] as number;
    });
    expect(FakeSocket.all).toHaveLength(4);
    expect(delays[0]).toBeLessThanOrEqual(250);
    expect(delays[2]).toBeGreaterThanOrEqual(500);
  });

  it("begins with short delays again once it was served", () => {
    for (let i = 0; i < 6; i++) {
      FakeSocket.last.drop();
      vi.advanceTimersByTime(10_000);
    }
    FakeSocket.last.open();
    socket.settle();
    FakeSocket.last.drop();
    expect(events.lost.mock.lastCall?.[0]).toBeLessThanOrEqual(250);
  });

  it("gives up on a server that never answers", () => {
    vi.advanceTimersByTime(10_000);
    expect(events.lost).toHaveBeenCalledOnce();
  });

  it("does not wait when it is told to connect", () => {
    FakeSocket.last.drop();
    socket.connect();
    expect(FakeSocket.all).toHaveLength(2);
    vi.advanceTimersByTime(300);
    expect(FakeSocket.all).toHaveLength(2);
  });

  it("sends only while it is open", () => {
    socket.send(Uint8Array.of(1));
    FakeSocket.last.open();
    socket.send(Uint8Array.of(2));
    expect(FakeSocket.last.sent).toEqual([Uint8Array.of(2)]);
  });

  it("is silent after it was closed", () => {
    const last = FakeSocket.last;
    socket.close();
    last.drop();
    vi.advanceTimersByTime(60_000);
    expect(events.lost).not.toHaveBeenCalled();
    expect(FakeSocket.all).toHaveLength(1);
  });
});
