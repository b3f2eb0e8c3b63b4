// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Connection } from "../../src/session/connection.ts";
import type { ConnectionView } from "../../src/states.ts";
import type { Fire } from "../../src/wire/messages.ts";
import type { ToWorker } from "../../src/workers/port.ts";

let posted: ToWorker[];
let shown: ConnectionView[];
let connection: Connection;

beforeEach(() => {
  [posted, shown] = [[], []];
  sessionStorage.clear();
  const worker = { postMessage: (message: ToWorker) => posted.push(message) } as unknown as Worker;
  connection = new Connection("b1", worker, (view) => shown.push(view));
});

const click = (run: number): Fire => ({ type: "fire", binding: 0, run });
const sent = (): unknown[] => posted.filter((message) => message.type === "send").map(({ message }) => message);

describe("without a session", () => {
  it("events wait in their order, edits do not", () => {
    expect(connection.send(click(1))).toBe(false);
    expect(connection.send({ type: "set", component: 1, value: "a" })).toBe(false);
    connection.send({ type: "cancel", run: 1 });
    connection.open("secret");
    connection.flush();
    expect(sent()).toEqual([click(1), { type: "cancel", run: 1 }]);
    connection.flush();
    expect(sent()).toHaveLength(2);
  });

  it("no more than a hundred of them wait", () => {
    for (let run = 1; run <= 101; run++) connection.send(click(run));
    connection.open("secret");
    connection.flush();
    expect(sent()).toHaveLength(100);
    expect(sent().at(-1)).toEqual(click(100));
  });

  it("some of them can be taken back", () => {
    for (const run of [1, 2, 3]) connection.send(click(run));
    connection.drop(({ run }) => run === 2);
    connection.open("secret");
    connection.flush();
    expect(sent()).toEqual([click(1), click(3)]);
  });

  it("whoever needs the secret waits for it", async () => {
    const ready = connection.ready();
    connection.open("secret");
    connection.flush();
    expect(await ready).toBe("secret");
    expect(await connection.ready()).toBe("secret");
  });
});

describe("with a session", () => {
  beforeEach(() => connection.open("secret"));

  it("everything is sent at once, with how far the page has come", () => {
    connection.seen = 7;
    expect(connection.send(click(1))).toBe(true);
    expect(posted).toEqual([{ type: "send", message: click(1), seen: 7 }]);
  });

  it("the secret counts until it is lost, and so does what was seen", () => {
    connection.seen = 7;
    expect([connection.isOpen, connection.isCurrent("secret"), connection.isCurrent("other")]).toEqual([
      true,
      true,
      false,
    ]);
    connection.lose();
    expect([connection.isOpen, connection.isCurrent("secret"), connection.seen]).toEqual([false, false, 0]);
  });
});

it("reloads once for a version of the server, and then says why it does not go on", () => {
  const reload = vi.spyOn(location, "reload").mockImplementation(() => {});
  connection.reload("The app has changed.");
  expect(reload).toHaveBeenCalledOnce();
  expect(posted).toEqual([]);
  connection.reload("The app has changed.");
  expect(reload).toHaveBeenCalledOnce();
  expect(posted).toEqual([{ type: "bye" }]);
  expect(shown).toEqual([{ state: "refused", message: "The app has changed." }]);
});
