import { beforeEach, describe, expect, it, vi } from "vitest";
import { HELD_BACK, openHttp, Unframer } from "../../src/transport/http.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { FakeHttp, framed, framedEnd } from "../fake_http.ts";

const events = { opened: vi.fn(), received: vi.fn(), closed: vi.fn() };
let server: FakeHttp;
let page: Transport;

async function open(): Promise<void> {
  page = openHttp("wss://app.test/demo/ws?a=1", events);
  await settled();
  server.say(framed("secret"));
  await settled();
}

/** What was begun is done, timers aside. */
const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  server = new FakeHttp();
});

describe("records", () => {
  const stream = Uint8Array.of(0, 0, 0, 0, ...framed("one"), ...framed("twofold"), 0, 0, 0, 0, ...framedEnd(1012));

  it.each([1, 2, 3, 5, 7, 100])("are found in chunks of %i bytes", (size) => {
    const unframer = new Unframer();
    const found = [];
    for (let at = 0; at < stream.length; at += size) found.push(...unframer.feed(stream.subarray(at, at + size)));
    const words = found.map((record) => (typeof record === "number" ? record : new TextDecoder().decode(record)));
    expect(words).toEqual(["one", "twofold", 1012]);
  });

  it.each([
    [1, 0, 0x20, 0],
    [1, 0, 0, 0x80],
    [126, 0, 0, 0x80],
    [255, 255, 255, 255],
  ])("of an impossible size are refused: %i %i %i %i", (...prefix) => {
    expect(() => new Unframer().feed(Uint8Array.from(prefix))).toThrow(RangeError);
  });
});

it("asks for its messages beside the WebSocket, with the query that handlers see, and opens with the secret", async () => {
  page = openHttp("wss://app.test/demo/ws?a=1", events);
  await settled();
  expect(server.downs).toEqual(["https://app.test/demo/down?a=1"]);
  expect(events.opened).not.toHaveBeenCalled();
  server.say(framed("secret"));
  await settled();
  expect(events.opened).toHaveBeenCalledOnce();
  server.say(framed("hello"));
  await settled();
  expect(new TextDecoder().decode(events.received.mock.lastCall?.[0])).toBe("hello");
});

it("sends at once, at most two batches at a time, and the rest together", async () => {
  await open();
  page.send(Uint8Array.of(1));
  page.send(Uint8Array.of(2));
  await settled();
  page.send(Uint8Array.of(3));
  await settled();
  for (const each of [4, 5]) page.send(Uint8Array.of(each));
  await settled();
  expect(server.batches.map(({ number, body }) => [number, [...body]])).toEqual([
    ["1", [1, 0, 0, 0, 1, 1, 0, 0, 0, 2]],
    ["2", [1, 0, 0, 0, 3]],
  ]);
  expect(page.waiting).toBe(10);
  server.batches[0]?.answer(204);
  await settled();
  expect(server.batches.at(-1)).toMatchObject({ number: "3", connection: "secret" });
  expect([...(server.batches.at(-1)?.body ?? [])]).toEqual([1, 0, 0, 0, 4, 1, 0, 0, 0, 5]);
  expect(page.waiting).toBe(0);
});

it("divides what is large", async () => {
  await open();
  for (let i = 0; i < 4; i++) page.send(new Uint8Array(200_000));
  await settled();
  expect(server.batches.map(({ body }) => body.length)).toEqual([400_008, 400_008]);
});

it.each(["the request", "the answer", "a proxy"])(
  "sends a batch again under the same number when it is lost: %s",
  async (lost) => {
    await open();
    page.send(Uint8Array.of(7));
    await settled();
    if (lost === "a proxy") server.batches[0]?.answer(502);
    else server.batches[0]?.lose();
    await vi.advanceTimersByTimeAsync(100);
    expect(server.batches.map(({ number, body }) => [number, [...body]])).toEqual([
      ["1", [1, 0, 0, 0, 7]],
      ["1", [1, 0, 0, 0, 7]],
    ]);
    server.batches[1]?.answer(204);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(events.closed).not.toHaveBeenCalled();
  },
);

it.each([404, 409, 400])("is lost when the server does not take a batch: %i", async (status) => {
  await open();
  page.send(Uint8Array.of(7));
  await settled();
  server.batches[0]?.answer(status);
  await settled();
  expect(events.closed).toHaveBeenCalledExactlyOnceWith(1006);
  expect(server.isAborted).toBe(true);
});

it("gives up after some attempts", async () => {
  await open();
  page.send(Uint8Array.of(7));
  await settled();
  for (let i = 0; i < 4; i++) {
    server.batches.at(-1)?.lose();
    await vi.advanceTimersByTimeAsync(1_500);
  }
  expect(server.batches).toHaveLength(4);
  expect(events.closed).toHaveBeenCalledExactlyOnceWith(1006);
});

it("ends as the server says, or as it breaks off", async () => {
  await open();
  server.say(framedEnd(1012));
  await settled();
  expect(events.closed).toHaveBeenCalledExactlyOnceWith(1012);
  await open();
  server.break();
  await settled();
  expect(events.closed).toHaveBeenLastCalledWith(1006);
});

it("ends when the stream is malformed", async () => {
  await open();
  server.say(Uint8Array.of(255, 255, 255, 255));
  await settled();
  expect(events.closed).toHaveBeenCalledExactlyOnceWith(1006);
});

it("takes no other answer for messages", async () => {
  server.contentType = "text/html";
  page = openHttp("ws://app.test/ws", events);
  await settled();
  expect(events.closed).toHaveBeenCalledExactlyOnceWith(1006);
});

it("sends the last batch with a goodbye even though the page is closed, and is silent then", async () => {
  await open();
  page.send(Uint8Array.of(9));
  page.close(1000);
  await settled();
  expect(server.batches).toHaveLength(1);
  expect(server.batches[0]).toMatchObject({ keepalive: true, number: "1" });
  expect([...(server.batches[0]?.body ?? [])]).toEqual([1, 0, 0, 0, 9, ...framedEnd(1000)]);
  expect(server.isAborted).toBe(false);
  server.batches[0]?.answer(204);
  await settled();
  expect(server.isAborted).toBe(true);
  expect(events.closed).not.toHaveBeenCalled();
});

it("knows after 3 s that something holds the answers back, if the server answers otherwise", async () => {
  server.isSilent = true;
  page = openHttp("ws://app.test/ws", events);
  await vi.advanceTimersByTimeAsync(2_900);
  expect(events.closed).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  expect(events.closed).toHaveBeenCalledExactlyOnceWith(HELD_BACK);
});

it("blames nothing on the way if there is no server", async () => {
  server.isSilent = true;
  server.healthz = 0;
  page = openHttp("ws://app.test/ws", events);
  await vi.advanceTimersByTimeAsync(3_100);
  expect(events.closed).toHaveBeenCalledExactlyOnceWith(1006);
});
