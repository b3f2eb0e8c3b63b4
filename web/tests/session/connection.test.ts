// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { BegunWorker } from "../../src/session/begun_worker.ts";
import { Connection } from "../../src/session/connection.ts";
import type { ConnectionView } from "../../src/states.ts";
import type { Fire, SetValue } from "../../src/wire/messages.ts";
import type { ToWorker } from "../../src/workers/port.ts";

let posted: ToWorker[];
let shown: ConnectionView[];
let connection: Connection;
let begun: Pick<BegunWorker, "worker" | "asked">;

beforeEach(() => {
  [posted, shown] = [[], []];
  sessionStorage.clear();
  const worker = { postMessage: (message: ToWorker) => posted.push(message) } as unknown as Worker;
  const asked = { type: "connect", url: "ws://here/ws", build: "b1", hidden: false, isHttp: false } as const;
  begun = { worker, asked };
  connection = new Connection("b1", begun, (view) => shown.push(view));
});

const click = (run: number): Fire => ({ type: "fire", binding: 0, run });
const sent = (): unknown[] => posted.filter((message) => message.type === "send").map(({ message }) => message);

describe("without a session", () => {
  it("events wait in their order, edits do not", () => {
    connection.send(click(1));
    expect(connection.send({ type: "set", component: 1, value: "a" })).toBe(false);
    connection.send({ type: "cancel", run: 1 });
    connection.open("secret");
    connection.flush();
    expect(sent()).toEqual([click(1), { type: "cancel", run: 1 }]);
    connection.flush();
    expect(sent()).toHaveLength(2);
  });

  it("no more than a hundred of them wait", () => {
    for (let run = 1; run <= 100; run++) expect(connection.send(click(run))).toBe(true);
    expect(connection.send(click(101))).toBe(false);
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

  it("the secret counts until the session is over, and so does what was seen", () => {
    connection.seen = 7;
    const state = (): unknown[] => [connection.isOpen, connection.isCurrent("secret"), connection.isCurrent("other")];
    expect(state()).toEqual([true, true, false]);
    connection.hold();
    expect([...state(), connection.seen]).toEqual([false, true, false, 7]);
    connection.lose();
    expect([...state(), connection.seen]).toEqual([false, false, false, 0]);
  });
});

describe("while the link is lost", () => {
  const edit = (component: number, value: string): SetValue => ({ type: "set", component, value });

  beforeEach(() => {
    vi.useFakeTimers();
    connection.open("secret");
    connection.hold();
  });

  it("edits and events wait, and arrive once, in their order", () => {
    expect([connection.send(edit(1, "a")), connection.send(click(1)), connection.send(edit(1, "b"))]).toEqual([
      true,
      true,
      true,
    ]);
    expect(sent()).toEqual([]);
    connection.open("secret");
    connection.flush();
    connection.flush();
    expect(sent()).toEqual([edit(1, "a"), click(1), edit(1, "b")]);
  });

  it("of what is typed the last counts, up to the next event", () => {
    const counted = ["a", "ab", "abc"].map((text) => connection.send(edit(1, text)));
    connection.send(edit(2, "x"));
    connection.send(edit(1, "abcd"));
    expect(counted).toEqual([true, false, false]);
    connection.open("secret");
    connection.flush();
    expect(sent()).toEqual([edit(1, "abcd"), edit(2, "x")]);
  });

  it("edits still wait when as many events wait as may", () => {
    for (let run = 1; run <= 101; run++) connection.send(click(run));
    connection.send(edit(1, "a"));
    connection.open("secret");
    connection.flush();
    expect(sent()).toHaveLength(101);
    expect(sent().at(-1)).toEqual(edit(1, "a"));
  });

  it("another session gets the events, and what was typed at its beginning", () => {
    connection.send(edit(1, "a"));
    connection.send(click(1));
    connection.lose();
    connection.open("another");
    connection.flush();
    expect(sent()).toEqual([click(1)]);
  });

  it("it is said after half a second, once, and no more when the link is back", () => {
    vi.advanceTimersByTime(400);
    connection.hold();
    expect(shown).toEqual([]);
    vi.advanceTimersByTime(200);
    connection.hold();
    vi.advanceTimersByTime(10_000);
    expect(shown).toEqual([{ state: "lost", message: "Reconnecting…" }]);
    connection.open("secret");
    connection.flush();
    expect(shown.at(-1)).toEqual({ state: "open", message: "" });
  });

  it("nothing is said of a short cut", () => {
    vi.advanceTimersByTime(400);
    connection.open("secret");
    connection.flush();
    vi.advanceTimersByTime(10_000);
    expect(shown).toEqual([{ state: "open", message: "" }]);
  });

  it("whoever needs the link waits for it", async () => {
    const ready = vi.fn();
    void connection.ready().then(ready);
    await Promise.resolve();
    expect(ready).not.toHaveBeenCalled();
    connection.open("secret");
    connection.flush();
    await Promise.resolve();
    expect(ready).toHaveBeenCalledExactlyOnceWith("secret");
  });
});

it("a page that has no session yet says that it connects", () => {
  vi.useFakeTimers();
  connection.hold();
  vi.advanceTimersByTime(500);
  expect(shown).toEqual([{ state: "lost", message: "Connecting…" }]);
});

it("reloads once for a version of the server", () => {
  const reload = vi.spyOn(location, "reload").mockImplementation(() => {});
  expect(connection.reload()).toBe(true);
  expect(connection.reload()).toBe(false);
  expect(reload).toHaveBeenCalledOnce();
});

it("what carried the messages is remembered in the tab", () => {
  const connects = (): unknown[] => posted.filter(({ type }) => type === "connect");
  connection.connect();
  connection.remember(true);
  connection.connect();
  connection.remember(false);
  connection.connect();
  expect(connects()).toMatchObject([{ isHttp: true }, { isHttp: false }]);
});
