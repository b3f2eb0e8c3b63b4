// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { beginWorker, hearWorker } from "../../src/session/begun_worker.ts";
import { Connection } from "../../src/session/connection.ts";
import type { FromWorker, ToWorker } from "../../src/workers/port.ts";

class SilentWorker {
  static made: SilentWorker[] = [];
  posted: ToWorker[] = [];
  onmessage: ((event: { data: FromWorker }) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor() {
    SilentWorker.made.push(this);
  }

  postMessage(message: ToWorker): void {
    this.posted.push(message);
  }
}

const CLOSED: FromWorker = { type: "silence", playback: 1 };
const LOST: FromWorker = { type: "lost", retryMs: 5 };

beforeEach(() => {
  SilentWorker.made = [];
  sessionStorage.clear();
  vi.stubGlobal("Worker", SilentWorker);
});

describe("a worker that began with the document", () => {
  it("is asked to connect at once, and not again when the page is ready", () => {
    sessionStorage.setItem("millstream-http", "1");
    const connection = new Connection("b", beginWorker("assets/media.js", "b"), () => {});
    connection.connect();

    const [worker] = SilentWorker.made;
    expect(worker?.posted).toEqual([
      { type: "connect", url: expect.stringMatching(/^ws.*\/ws$/), build: "b", hidden: false, isHttp: true },
    ]);
    connection.connect();
    expect(worker?.posted[1]).toEqual(worker?.posted[0]);
  });

  it("hears that the page was hidden meanwhile", () => {
    const begun = beginWorker("assets/media.js", "b");
    vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    new Connection("b", begun, () => {}).connect();
    expect(SilentWorker.made[0]?.posted[1]).toEqual({ type: "visible", hidden: true });
  });

  it("is heard from its beginning, in order, and reports that it failed", () => {
    const begun = beginWorker("assets/media.js", "b");
    const [worker] = SilentWorker.made;
    worker?.onmessage?.({ data: CLOSED });
    worker?.onerror?.();
    const [take, failed] = [vi.fn(), vi.fn()];
    hearWorker(begun, { take }, failed);
    worker?.onmessage?.({ data: LOST });
    expect(take.mock.calls).toEqual([[CLOSED], [LOST]]);
    expect(failed).toHaveBeenCalledTimes(1);
  });
});
