import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Binding } from "../../src/manifest.ts";
import { Runs } from "../../src/session/runs.ts";
import { binding, manifest, STREAM } from "./manifest.ts";

const events = { send: vi.fn(), later: vi.fn(), script: vi.fn(), write: vi.fn(), show: vi.fn(), failed: vi.fn() };
beforeEach(() => {
  vi.resetAllMocks();
  for (const taken of [events.send, events.later]) taken.mockReturnValue(true);
});

const open = (...bindings: Binding[]): Runs => new Runs(manifest(...bindings), events);
const sentRuns = (): number[] => events.send.mock.calls.map(([message]) => message.run);
const done = (run: number, number = 0): object => ({
  type: "runstate",
  run,
  call: run + 100,
  binding: number,
  state: "done",
  position: 0,
  eta_s: -1,
  message: "",
});
const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};

describe("an event", () => {
  it("tells whoever awaits it how it ended, once, or that there is nothing to await", () => {
    const runs = open(binding({ trigger: "multiple" }));
    const heard: unknown[] = [];
    for (const name of ["one", "other", "lost"])
      runs.fire(4, "click", null, (outcome) => heard.push([name, outcome?.answer]));
    runs.update({ ...done(2), answer: "late" } as never);
    runs.update({ ...done(1), answer: "early" } as never);
    runs.update(done(1) as never);
    runs.clear();
    runs.abandon();
    runs.fire(4, "nothing", null, (outcome) => heard.push(outcome));
    expect(heard).toEqual([["other", "late"], ["one", "early"], ["lost", undefined], null]);
  });

  it("runs every binding that listens, with the target that fired", () => {
    const runs = open(
      binding(),
      binding({
        id: 1,
        targets: [
          [1, "input"],
          [4, "click"],
        ],
      }),
      binding({ id: 2, targets: [[1, "input"]] }),
    );
    runs.fire(4, "click", { index: 3 });
    expect(events.send.mock.calls.map(([message]) => message)).toEqual([
      { type: "fire", binding: 0, run: 1, target: 0, data: { index: 3 }, inputs: null },
      { type: "fire", binding: 1, run: 2, target: 1, data: { index: 3 }, inputs: null },
    ]);
  });

  it("beyond those that may wait for the link fails, and says why", () => {
    const runs = open(binding({ trigger: "once" }));
    const heard: unknown[] = [];
    events.send.mockReturnValueOnce(false);
    runs.fire(4, "click", null, (outcome) => heard.push(outcome));
    expect(heard).toEqual([null]);
    const message = "This did not run: The app does not answer…";
    expect(events.show).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ run: 1, state: "failed", message }));
    runs.fire(4, "click");
    runs.update({ ...done(2), state: "running" } as never);
    events.later.mockReturnValueOnce(false);
    runs.update({ ...done(2), state: "later" } as never);
    expect(events.show).toHaveBeenLastCalledWith(expect.objectContaining({ run: 2, state: "failed", message }));
    runs.fire(4, "click");
    expect(sentRuns()).toEqual([1, 2, 3]);
  });

  it("that a server has not begun since it ends is kept for the next one, as it was", () => {
    const runs = open(binding({ trigger: "once" }));
    runs.fire(4, "click", { index: 3 });
    runs.update({ ...done(1), state: "later" } as never);
    expect(events.later.mock.calls).toEqual(events.send.mock.calls);
    expect([events.show, events.failed].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
    runs.fire(4, "click");
    expect(events.send).toHaveBeenCalledOnce();
    runs.update(done(1) as never);
    runs.update({ ...done(1), state: "later" } as never);
    expect(events.later).toHaveBeenCalledOnce();
  });

  it("that the next server gets is awaited until that one has begun it, or keeps it for yet another one", () => {
    const runs = open(binding({ trigger: "multiple" }));
    const heard: unknown[] = [];
    for (const name of ["lost", "kept"]) runs.fire(4, "click", null, (outcome) => heard.push([name, outcome?.answer]));
    runs.clear();
    runs.abandon([events.send.mock.lastCall?.[0]]);
    expect(heard).toEqual([["lost", undefined]]);
    runs.update({ ...done(2), state: "later" } as never);
    expect(events.later.mock.calls).toEqual([events.send.mock.lastCall]);
    runs.update({ ...done(2), answer: 3 } as never);
    expect(heard).toEqual([
      ["lost", undefined],
      ["kept", 3],
    ]);
  });

  it("shows what a validator refuses where it was entered, until that is corrected", () => {
    const runs = open(binding({ outputs: [5] }));
    const shown = (): unknown =>
      events.show.mock.calls.splice(0).map(([{ outputs, state, message }]) => [outputs, state, message]);
    runs.fire(4, "click");
    runs.update({ ...done(1), state: "failed", message: "a", problems: { 1: "a", 2: "b" } } as never);
    const refused = [
      [[5], "cancelled", ""],
      [[1], "failed", "a"],
      [[2], "failed", "b"],
    ];
    expect(shown()).toEqual(refused);
    runs.update({ ...done(2), state: "failed", message: "b", problems: { 2: "b" } } as never);
    expect(shown()).toEqual([[[1], "cancelled", ""], refused[0], refused[2]]);
    runs.update({ ...done(3), state: "running" } as never);
    expect(shown()).toEqual([
      [[2], "cancelled", ""],
      [[5], "running", ""],
    ]);
  });

  it("does not begin a stream", () => {
    open(binding({ stream: STREAM })).fire(4, "click");
    expect(events.send).not.toHaveBeenCalled();
  });
});

describe("a script that the server asks for", () => {
  it("hands what it made of the inputs to the handler", () => {
    const runs = open(binding());
    runs.answer(binding(), ["A"]);
    expect(events.send).toHaveBeenCalledWith({
      type: "fire",
      binding: 0,
      run: 1,
      target: 0,
      data: null,
      inputs: ["A"],
    });
  });
});

describe("the trigger mode", () => {
  it("multiple runs all", () => {
    const runs = open(binding());
    for (let i = 0; i < 3; i++) runs.fire(4, "click");
    expect(sentRuns()).toEqual([1, 2, 3]);
  });

  it("once ignores what comes during a run", () => {
    const runs = open(binding({ trigger: "once" }));
    runs.fire(4, "click");
    runs.fire(4, "click");
    runs.update(done(1) as never);
    runs.fire(4, "click");
    expect(sentRuns()).toEqual([1, 2]);
  });

  it("always_last runs the last of what came during a run", () => {
    const runs = open(binding({ trigger: "always_last" }));
    for (const index of [1, 2, 3]) runs.fire(4, "click", index);
    runs.update(done(1) as never);
    runs.update(done(2) as never);
    expect(events.send.mock.calls.map(([message]) => message.data)).toEqual([1, 3]);
  });

  it("does not block for good when the session is lost", () => {
    const runs = open(binding({ trigger: "once" }));
    runs.fire(4, "click");
    runs.clear();
    runs.fire(4, "click");
    expect(sentRuns()).toEqual([1, 2]);
  });
});

describe("what the server says of a run", () => {
  it("is shown with what the run will write", () => {
    const runs = open(binding());
    runs.update({ ...done(0), call: 9, state: "waiting", position: 2, eta_s: 4 } as never);
    expect(events.show).toHaveBeenCalledWith({
      call: 9,
      run: 0,
      binding: 0,
      outputs: [2],
      progress: "full",
      state: "waiting",
      position: 2,
      etaS: 4,
      message: "",
    });
  });

  it("ends as cancelled when the session does", () => {
    const runs = open(binding());
    runs.update({ ...done(1), state: "running" } as never);
    runs.clear();
    runs.clear();
    expect(events.show.mock.calls.map(([view]) => view.state)).toEqual(["running", "cancelled"]);
  });
});

describe("how far a run is", () => {
  const level = { desc: "Read", index: 1, length: 4, fraction: 0.25, unit: "pages" };
  const said = (changes: object): never =>
    ({ type: "progress", call: 101, binding: 0, run: 1, stream: 0, levels: [level], ...changes }) as never;
  const shown = (): { state: string; advance?: { fraction: number; leftS: number | null } | null } =>
    events.show.mock.lastCall?.[0];

  it("is shown with the run, and goes with it", () => {
    let now = 0;
    const runs = new Runs(manifest(binding()), events, () => now);
    runs.update({ ...done(1), state: "running" } as never);
    runs.advance(said({}));
    expect(shown()).toMatchObject({ state: "running", advance: { levels: [level], fraction: 0.25, leftS: null } });
    now = 2;
    runs.advance(said({ levels: [{ ...level, index: 2, fraction: 0.5 }] }));
    expect(shown().advance?.leftS).toBeCloseTo(4);
    runs.advance(said({ levels: [] }));
    expect(shown()).toMatchObject({ state: "running", advance: null });
    runs.update(done(1) as never);
    expect(shown().advance).toBeUndefined();
  });

  it("is not shown of a run that is over, or of an event that does not exist", () => {
    const runs = open(binding());
    runs.advance(said({}));
    runs.advance(said({ stream: 3, binding: 9 }));
    expect(events.show).not.toHaveBeenCalled();
  });

  it("is a run of its own for a call of a stream", () => {
    const runs = open(binding({ stream: STREAM, progress: "minimal" }));
    runs.advance(said({ call: 7, run: 0, stream: 3 }));
    expect(shown()).toMatchObject({ call: 7, outputs: [2], state: "running", progress: "minimal" });
    runs.advance(said({ call: 7, run: 0, stream: 3, levels: [] }));
    expect(shown()).toMatchObject({ call: 7, state: "done" });
    runs.advance(said({ call: 8, run: 0, stream: 3 }));
    runs.clear();
    expect(shown()).toMatchObject({ call: 8, state: "cancelled" });
  });
});

describe("a script", () => {
  it("comes before the handler, and gives it its inputs", async () => {
    events.script.mockResolvedValue(["b"]);
    open(binding({ js: true })).fire(4, "click");
    await settle();
    expect(events.send).toHaveBeenCalledWith(expect.objectContaining({ inputs: ["b"] }));
    expect(events.write).not.toHaveBeenCalled();
  });

  it("without a handler writes the outputs", async () => {
    events.script.mockResolvedValue([5]);
    const one = binding({ js: true, handler: false, trigger: "once" });
    const runs = open(one);
    runs.fire(4, "click");
    await settle();
    expect(events.write).toHaveBeenCalledWith(one, [5]);
    runs.fire(4, "click");
    expect(events.script).toHaveBeenCalledTimes(2);
  });

  it("without a handler lets the server begin what follows, once the values are written", async () => {
    events.script.mockResolvedValue([5]);
    const one = binding({ js: true, handler: false, trigger: "always_last" });
    const runs = open(one);
    runs.fire(4, "click", "a");
    await settle();
    expect(events.send).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ binding: 0, inputs: null }));
    expect(events.write.mock.invocationCallOrder[0]).toBeLessThan(events.send.mock.invocationCallOrder[0] as number);
    runs.fire(4, "click", "b");
    runs.fire(4, "click", "c");
    runs.update(done(sentRuns()[0] as number) as never);
    expect(events.script).toHaveBeenCalledTimes(2);
    await settle();
    expect(events.script).toHaveBeenCalledTimes(3);
  });

  it("that takes long does not fall behind the runs that began after it", async () => {
    let answer = (_: unknown[]): void => {};
    events.script.mockReturnValue(new Promise<unknown[]>((resolve) => (answer = resolve)));
    const runs = open(binding({ js: true }), binding({ id: 1, targets: [[5, "click"]] }));
    runs.fire(4, "click");
    runs.fire(5, "click");
    answer(["b"]);
    await settle();
    expect(events.send.mock.calls.map(([message]) => message.binding)).toEqual([1, 0]);
    expect(sentRuns()).toEqual([...sentRuns()].sort((a, b) => a - b));
    expect(new Set(sentRuns()).size).toBe(2);
  });

  it("that fails is told, and does not block the next", async () => {
    events.script.mockRejectedValue(new Error("no such thing"));
    const runs = open(binding({ js: true, trigger: "once" }));
    runs.fire(4, "click");
    await settle();
    expect(events.failed).toHaveBeenCalledWith("no such thing");
    runs.fire(4, "click");
    expect(events.script).toHaveBeenCalledTimes(2);
  });
});
