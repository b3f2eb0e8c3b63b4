import { beforeEach, expect, it, vi } from "vitest";
import type { Transport } from "../../src/transport/transport.ts";
import { openWebSocket } from "../../src/transport/websocket.ts";
import { FakeSocket } from "../fake_socket.ts";

const events = { opened: vi.fn(), received: vi.fn(), closed: vi.fn() };
let transport: Transport;

beforeEach(() => {
  vi.clearAllMocks();
  FakeSocket.install();
  transport = openWebSocket("ws://app/ws", events);
});

it("speaks our subprotocol in binary", () => {
  expect(FakeSocket.last).toMatchObject({ url: "ws://app/ws", protocol: "millstream.1", binaryType: "arraybuffer" });
});

it("sends only while it is open", () => {
  transport.send(Uint8Array.of(1));
  FakeSocket.last.open();
  expect(events.opened).toHaveBeenCalledOnce();
  transport.send(Uint8Array.of(2));
  expect(FakeSocket.last.sent).toEqual([Uint8Array.of(2)]);
  FakeSocket.last.bufferedAmount = 7;
  expect(transport.waiting).toBe(7);
});

it("says with which code it ended", () => {
  FakeSocket.last.drop(1012);
  expect(events.closed).toHaveBeenCalledExactlyOnceWith(1012);
});

it("is silent once it was closed", () => {
  transport.close(4000);
  expect(FakeSocket.last.closedWith).toBe(4000);
  FakeSocket.last.drop();
  FakeSocket.last.open();
  expect([events.closed, events.opened].map(({ mock }) => mock.calls)).toEqual([[], []]);
});
