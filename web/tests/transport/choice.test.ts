import { decode } from "@msgpack/msgpack";
import { beforeEach, expect, it, vi } from "vitest";
import { TransportChoice } from "../../src/transport/choice.ts";
import { FakeHttp, framed } from "../fake_http.ts";
import { FakeSocket } from "../fake_socket.ts";

const URL = "ws://app.test/ws";
const events = { opened: vi.fn(), received: vi.fn(), closed: vi.fn() };
const chosen = vi.fn();
let server: FakeHttp;

/** What was begun is done, timers aside; a script is loaded meanwhile. */
async function settled(): Promise<void> {
  await vi.dynamicImportSettled();
  await vi.advanceTimersByTimeAsync(0);
}

async function answer(): Promise<void> {
  await settled();
  server.say(framed("secret"));
  await settled();
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  FakeSocket.install();
  server = new FakeHttp();
});

it("takes the WebSocket where it opens", async () => {
  const transport = new TransportChoice(false, chosen).open(URL, events);
  FakeSocket.last.open();
  await vi.advanceTimersByTimeAsync(10_000);
  expect([events.opened.mock.calls.length, server.downs]).toEqual([1, []]);
  expect(chosen).not.toHaveBeenCalled();
  transport.send(Uint8Array.of(1));
  expect(FakeSocket.last.sent).toHaveLength(1);
  FakeSocket.last.drop(1012);
  expect(events.closed).toHaveBeenCalledExactlyOnceWith(1012);
});

it("goes over to HTTP at once where the upgrade is refused", async () => {
  const transport = new TransportChoice(false, chosen).open(URL, events);
  FakeSocket.last.drop();
  await answer();
  expect(events.opened).toHaveBeenCalledOnce();
  expect(events.closed).not.toHaveBeenCalled();
  expect(chosen).toHaveBeenCalledExactlyOnceWith(true);
  transport.send(Uint8Array.of(1));
  expect(transport.waiting).toBe(5);
  await settled();
  expect(server.batches).toHaveLength(1);
});

it("goes over to HTTP within 3 s where the upgrade is never answered", async () => {
  new TransportChoice(false, chosen).open(URL, events);
  await vi.advanceTimersByTimeAsync(2_500);
  await answer();
  expect(events.opened).toHaveBeenCalledOnce();
  FakeSocket.last.open();
  expect(events.opened).toHaveBeenCalledOnce();
});

it("begins with what worked last, and forgets it when it does not work any more", async () => {
  const choice = new TransportChoice(true, chosen);
  server.status = 0;
  choice.open(URL, events);
  await settled();
  expect(FakeSocket.all).toEqual([]);
  expect(events.closed).toHaveBeenCalledExactlyOnceWith(1006);
  choice.open(URL, events);
  expect(FakeSocket.all).toHaveLength(1);
});

it("tells what works when that has changed, or when HTTP was remembered", async () => {
  const choice = new TransportChoice(true, chosen);
  choice.open(URL, events);
  await answer();
  server.status = 0;
  server.break();
  await settled();
  choice.open(URL, events); // as before
  await settled();
  choice.open(URL, events);
  FakeSocket.last.open();
  expect(chosen.mock.calls).toEqual([[true], [false]]);
});

it("takes HTTP again when that has worked, until it does not", async () => {
  const choice = new TransportChoice(true, chosen);
  for (let i = 0; i < 2; i++) {
    choice.open(URL, events);
    await answer();
    server.break();
    await settled();
  }
  expect([server.downs.length, FakeSocket.all.length]).toEqual([2, 0]);
});

it("after a WebSocket that worked, a server that is away for a moment does not mean that the way is blocked", async () => {
  const choice = new TransportChoice(false, chosen);
  choice.open(URL, events);
  FakeSocket.last.open();
  FakeSocket.last.drop();
  for (let i = 0; i < 2; i++) {
    choice.open(URL, events);
    FakeSocket.last.drop();
    await settled();
  }
  expect([events.closed.mock.calls.length, server.downs]).toEqual([3, []]);
  choice.open(URL, events);
  FakeSocket.last.drop();
  await answer();
  expect([events.closed.mock.calls.length, server.downs.length]).toEqual([3, 1]);
});

it("says in words that something holds back the answers, in the server's place", async () => {
  server.isSilent = true;
  new TransportChoice(false, chosen).open(URL, events);
  FakeSocket.last.drop();
  await settled();
  await vi.advanceTimersByTimeAsync(3_100);
  const message = decode(events.received.mock.lastCall?.[0]) as Record<string, unknown>;
  expect(message).toMatchObject({ type: "refuse", code: "busy" });
  expect(message.message).toMatch(/buffering/);
});

it("says nothing after it was closed, whatever it was about to do", async () => {
  const choice = new TransportChoice(false, chosen);
  const [hanging, loading] = [choice.open(URL, events), choice.open(URL, events)];
  FakeSocket.last.drop();
  hanging.close(1000);
  loading.close(1000);
  await vi.advanceTimersByTimeAsync(5_000);
  await settled();
  expect([events.opened, events.closed].map(({ mock }) => mock.calls)).toEqual([[], []]);
  expect(server.downs).toEqual([]);
});
