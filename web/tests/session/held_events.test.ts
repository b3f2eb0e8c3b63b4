import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Binding } from "../../src/manifest.ts";
import { PendingInputs } from "../../src/session/pending_inputs.ts";
import { Runs } from "../../src/session/runs.ts";
import type { RunView } from "../../src/states.ts";
import { binding, manifest } from "./manifest.ts";

const speaks = vi.fn((_: number) => true);
const send = vi.fn();
const events = {
  send,
  later: vi.fn(),
  script: vi.fn(),
  write: vi.fn(),
  show: vi.fn(),
  failed: vi.fn(),
  cancel: vi.fn(),
  speaks,
};
let runs: Runs;
let pending: PendingInputs;

function open(...bindings: Binding[]): void {
  runs = new Runs(manifest(...bindings), { ...events, coming: (components) => pending.to(components) });
  pending = new PendingInputs((component, refusal) => runs.held.review(component, refusal));
}

beforeEach(() => {
  vi.resetAllMocks();
  for (const taken of [speaks, send]) taken.mockReturnValue(true);
});

const fires = (): { run: number; held?: boolean; binding: number }[] => events.send.mock.calls.map(([fire]) => fire);
/** The runs that began, in order. */
const begun = (): number[] => fires().flatMap(({ run, held }) => (held ? [] : [run]));
const shown = (): RunView => events.show.mock.calls.at(-1)?.[0];
const end = (run: number): void =>
  runs.update({
    ...{ type: "runstate", run, call: run + 100, binding: 0, state: "done" as const, position: 0 },
    ...{ eta_s: -1, message: "" },
  } as never);

describe("an event that reads what is on its way", () => {
  it("is told to the server at once, and begins when that is there", () => {
    open(binding());
    const arrival = pending.begin(1, "Waiting for the upload of a.png");
    runs.fire(4, "click", { index: 1 });
    expect(fires()).toMatchObject([{ run: 1, held: true }]);
    expect(shown()).toMatchObject({ state: "waiting", awaits: "Waiting for the upload of a.png", outputs: [4, 2] });
    pending.tell(arrival, "Waiting for the upload of a.png, 40 %");
    expect(shown().awaits).toBe("Waiting for the upload of a.png, 40 %");
    pending.end(arrival);
    expect(shown().state).toBe("done");
    expect(fires()[1]).toEqual({ type: "fire", binding: 0, run: 1, target: 0, data: { index: 1 }, inputs: null });
  });

  it("waits for all of it", () => {
    open(binding({ inputs: [1, 3] }));
    const all = [pending.begin(1, "one"), pending.begin(3, "two"), pending.begin(1, "three")];
    runs.fire(4, "click");
    for (const arrival of all) {
      expect(begun()).toEqual([]);
      pending.end(arrival);
    }
    expect(begun()).toEqual([1]);
  });

  it("does not hold up others", () => {
    open(binding(), binding({ id: 1, inputs: [2] }));
    pending.begin(1, "it");
    runs.fire(4, "click");
    expect(fires()).toMatchObject([
      { binding: 0, held: true },
      { binding: 1, run: 2 },
    ]);
  });

  it("is refused with a sentence if that never comes, until it happens again", () => {
    open(binding({ trigger: "once" }));
    const arrival = pending.begin(1, "it");
    runs.fire(4, "click");
    pending.end(arrival, "Not this time.");
    expect(shown()).toMatchObject({ state: "failed", message: "Not this time.", outputs: [4] });
    expect(events.failed).not.toHaveBeenCalled();
    expect(events.cancel).toHaveBeenCalledWith(1);
    const { call } = shown();
    runs.fire(4, "click");
    expect(shown()).toMatchObject({ call, state: "done" });
    expect(begun()).toEqual([2]);
  });

  it("is refused in a message of its own where nothing can be seen in its place", () => {
    open(binding());
    events.speaks.mockReturnValue(false);
    const arrival = pending.begin(1, "it");
    runs.fire(4, "click");
    expect(pending.fail(arrival, "Not this time.")).toBe(true);
    expect(pending.fail(arrival, "Not this time.")).toBe(false);
    expect(shown().state).toBe("cancelled");
    expect(events.failed.mock.calls).toEqual([["Not this time."]]);
  });

  it("is cancelled by the user, and the server forgets it", () => {
    open(binding());
    const arrival = pending.begin(1, "it");
    runs.fire(4, "click");
    expect(runs.held.cancel(1)).toBe(true);
    expect(events.cancel).toHaveBeenCalledWith(1);
    pending.end(arrival);
    expect(begun()).toEqual([]);
    expect(runs.held.cancel(1)).toBe(false);
  });

  it.each([
    ["once", [1]],
    ["multiple", [1, 2]],
    ["always_last", [1, 2]],
  ] as const)("counts as a run for %s", (trigger, expected) => {
    open(binding({ trigger }));
    const arrival = pending.begin(1, "it");
    runs.fire(4, "click");
    runs.fire(4, "click");
    pending.end(arrival);
    end(1);
    expect(begun()).toEqual(expected);
  });

  it("shows only where it happened if it shows nothing otherwise", () => {
    open(binding({ progress: "hidden" }));
    pending.begin(1, "it");
    runs.fire(4, "click");
    expect(shown().outputs).toEqual([4]);
  });

  it("of the component itself does not wait, unless it hands it over", () => {
    open(
      binding({
        targets: [
          [1, "input"],
          [1, "submit"],
        ],
      }),
    );
    pending.begin(1, "it");
    runs.fire(1, "input");
    expect(begun()).toEqual([1]);
    runs.fire(1, "submit");
    expect(begun()).toEqual([1]);
  });

  it("begins anew in another session, which does not know of it", () => {
    open(binding({ trigger: "multiple" }));
    const arrival = pending.begin(1, "it");
    runs.fire(4, "click");
    runs.clear();
    runs.fire(4, "click");
    pending.end(arrival);
    expect(begun()).toEqual([3, 2]);
  });

  it("runs its script when that is there", async () => {
    events.script.mockResolvedValue(["x"]);
    open(binding({ js: true }));
    const arrival = pending.begin(1, "it");
    runs.fire(4, "click");
    expect(events.script).not.toHaveBeenCalled();
    pending.end(arrival);
    await Promise.resolve();
    expect(fires().at(-1)).toMatchObject({ run: 1, inputs: ["x"] });
  });
});

describe("what is on its way", () => {
  const isSettled = async (component: number, since: number): Promise<boolean> => {
    let settled = false;
    void runs.settled(component, since).then(() => {
      settled = true;
    });
    for (let i = 0; i < 5; i++) await Promise.resolve();
    return settled;
  };

  it("gives way to newer events that write its component", async () => {
    open(binding({ inputs: [], outputs: [1] }));
    runs.fire(4, "click");
    expect(await isSettled(1, 1)).toBe(true);
    expect(await isSettled(1, 0)).toBe(false);
    expect(await isSettled(2, 0)).toBe(true);
    end(1);
    expect(await isSettled(1, 0)).toBe(true);
  });

  it("does not wait for events that wait for it", async () => {
    open(binding({ inputs: [1], outputs: [1] }));
    pending.begin(1, "it");
    runs.fire(4, "click");
    expect(await isSettled(1, 0)).toBe(true);
  });
});
