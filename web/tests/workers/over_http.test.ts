import { beforeEach, expect, it, vi } from "vitest";
import { MediaWorker } from "../../src/workers/media_worker.ts";
import type { FromWorker } from "../../src/workers/port.ts";
import { FakeHttp, framed } from "../fake_http.ts";
import { FakeSocket } from "../fake_socket.ts";

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.install();
});

it("a page whose WebSocket is blocked goes over HTTP, and is told to remember that", async () => {
  const server = new FakeHttp();
  const told: FromWorker[] = [];
  const engine = new MediaWorker((message) => told.push(message));
  engine.handle({ type: "connect", url: "ws://app/ws", build: "b", hidden: false, isHttp: false });
  FakeSocket.last.drop(1006);
  await vi.dynamicImportSettled();
  await vi.waitFor(() => expect(server.downs).toEqual(["http://app/down"]));
  server.say(framed("secret"));
  await vi.waitFor(() => expect(told).toEqual([{ type: "transport", isHttp: true }]));
  await vi.waitFor(() => expect(server.batches).toHaveLength(1));
  engine.handle({ type: "bye" });
});
