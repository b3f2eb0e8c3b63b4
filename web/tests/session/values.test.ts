import { beforeEach, describe, expect, it, vi } from "vitest";
import { Store } from "../../src/session/store.ts";
import { Values } from "../../src/session/values.ts";
import type { View } from "../../src/shell/view.ts";
import type { FromWorkerOf } from "../../src/workers/port.ts";
import { manifest } from "./manifest.ts";

const view = { applyProps: vi.fn(), empty: vi.fn() };
const events = {
  send: vi.fn(),
  changed: vi.fn(),
  given: vi.fn(),
  arrived: vi.fn(),
  fills: vi.fn(),
  isReplaced: vi.fn(),
  control: vi.fn(),
  showStill: vi.fn(),
};
let store: Store;
let values: Values;

beforeEach(() => {
  vi.resetAllMocks();
  events.send.mockReturnValue(true);
  events.isReplaced.mockReturnValue(false);
  store = new Store(manifest());
  values = new Values(store, view as unknown as View, events);
});

function apply(changes: Partial<FromWorkerOf<"apply">>): void {
  values.apply({ type: "apply", stream: 0, run: 0, seen: 0, updates: {}, images: [], ...changes });
}

describe("an edit", () => {
  it("is kept and sent; its element shows it already", () => {
    values.edit(1, "b");
    expect(store.value(1)).toBe("b");
    expect(events.send).toHaveBeenCalledWith({ type: "set", component: 1, value: "b" });
    expect(events.changed).toHaveBeenCalledWith(1, "b");
    expect(view.applyProps).not.toHaveBeenCalled();
  });

  it("of a script is shown as well", () => {
    values.write(1, "b");
    expect(view.applyProps).toHaveBeenCalledWith(1, { value: "b" });
  });

  it("is not undone by a result that was made before the server knew it", () => {
    values.edit(1, "typed");
    apply({ seen: 4, updates: { 1: { value: "old", label: "L" } } });
    expect(store.props(1)).toEqual({ value: "typed", label: "L" });
    values.confirm(1, 5);
    apply({ seen: 5, updates: { 1: { value: "new" } } });
    expect(store.value(1)).toBe("new");
  });

  it("is told to the next session, and counts from the start there", () => {
    values.edit(1, "typed");
    values.confirm(1, 9);
    values.restore();
    expect(events.send).toHaveBeenCalledTimes(2);
    values.confirm(1, 2);
    apply({ seen: 2, updates: { 1: { value: "new" } } });
    expect(store.value(1)).toBe("new");
  });
});

describe("what one call changes", () => {
  it("is shown; players give way to a value, and not to another property", () => {
    apply({ run: 3, updates: { 1: { label: "L" }, 2: { value: 5 } } });
    expect(view.applyProps.mock.calls).toEqual([
      [1, { label: "L" }],
      [2, { value: 5 }],
    ]);
    expect(events.given.mock.calls).toEqual([[2]]);
    expect(events.changed.mock.calls).toEqual([[2, 5]]);
    expect(events.arrived.mock.calls).toEqual([[2, 5, 3]]);
  });

  it("leaves a component empty that a stream, or a run, was to fill", () => {
    const empty = { updates: { 1: { value: null } } };
    events.fills.mockImplementation((run) => run === 3);
    for (const [stream, run] of [
      [0, 0],
      [0, 2],
      [0, 3],
      [7, 0],
    ] as const)
      apply({ ...empty, stream, run });
    apply({ stream: 7, updates: { 2: { label: "L" } } });
    expect(view.empty.mock.calls).toEqual([[1], [1]]);
  });

  it("leaves none empty that a run was to fill if it empties what the user fills as well", () => {
    events.fills.mockReturnValue(true);
    const updates = { 1: { value: null }, 2: { value: null } };
    apply({ run: 3, updates });
    expect(view.empty.mock.calls).toEqual([[1], [2]]);
    store.update(1, { interactive: true });
    apply({ run: 3, updates });
    expect(view.empty).toHaveBeenCalledTimes(2);
  });

  it("shows no value of a recording that another one has replaced, and does not control that one", () => {
    events.isReplaced.mockReturnValue(true);
    const image = { component: 3, mime: "image/png", data: new Uint8Array(1), stream: 1, sequence: 1 };
    apply({ stream: 1, updates: { 1: { value: "old" }, 3: { recording: false } }, images: [image] });
    expect(store.value(1)).toBe("a");
    expect(events.showStill).not.toHaveBeenCalled();
    expect(events.control).not.toHaveBeenCalled();
  });

  it("starts and stops recordings, and shows images that came as packets", () => {
    const image = { component: 3, mime: "image/png", data: new Uint8Array(1), stream: 0, sequence: 1 };
    apply({ updates: { 3: { recording: true } }, images: [image] });
    expect(events.control).toHaveBeenCalledWith(3, true);
    expect(events.showStill).toHaveBeenCalledWith(image);
  });
});

describe("what a render declares anew", () => {
  it("goes on recording, whatever else changes", () => {
    values.redeclare(3, { recording: false, label: "L" }, 0);
    expect(store.props(3)).toMatchObject({ label: "L" });
    expect(events.control.mock.calls.filter(([, recording]) => recording !== undefined)).toEqual([]);
  });

  it("records if it is declared so", () => {
    values.redeclare(3, { recording: true }, 0);
    expect(events.control).toHaveBeenCalledWith(3, true);
  });
});

it("another session takes files back, and properties to what was declared", () => {
  apply({ updates: { 1: { value: { file: "f", name: "a", type: "t" }, label: "L" } } });
  view.applyProps.mockClear();
  expect(values.renew()).toEqual([1]);
  expect(store.props(1)).toMatchObject({ value: "a", label: null });
  expect(view.applyProps).toHaveBeenLastCalledWith(1, { value: "a" });
});
