import { describe, expect, it } from "vitest";
import {
  isCapturing,
  isLive,
  next,
  type RecordingEvent,
  type RecordingState,
} from "../../src/session/recording_states.ts";
import source from "../../src/session/recording_states.ts?raw";

/** The rows of the table in the doc comment, each as its cells. */
const [head, , ...rows] = source
  .split("\n")
  .filter((line) => line.startsWith(" * |"))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

const events = (head ?? []).slice(1) as RecordingEvent[];
const states = rows.map(([state]) => state as RecordingState);

describe("the table of the life cycle", () => {
  const cells = rows.flatMap(([state, ...targets]) =>
    targets.map((target, at) => [state, events[at], target] as const),
  );

  it("has every state and every event", () => {
    expect(states).toEqual(["opening", "connecting", "recording", "stopping", "leaving", "ended"]);
    expect(events).toEqual(["opened", "begun", "stop", "replace", "over", "abandon"]);
    expect(cells).toHaveLength(36);
  });

  it.each(cells)("%s, %s: %s", (state, event, target) => {
    expect(next(state as RecordingState, event as RecordingEvent)).toBe(target || null);
  });
});

it("every recording can end, whatever has happened to it, and an end is for good", () => {
  for (const state of states) expect(next(state, "abandon")).toBe(state === "ended" ? null : "ended");
  for (const event of events) expect(next("ended", event)).toBeNull();
});

it("Stop, and nothing else, is possible as long as a recording is live", () => {
  for (const state of states) expect(isLive(state)).toBe(next(state, "stop") !== null);
});

it("whoever captures gets the device once it is open, and has it until the recording is no longer live", () => {
  for (const state of states) expect(isCapturing(state)).toBe(isLive(state) && next(state, "opened") === state);
});
