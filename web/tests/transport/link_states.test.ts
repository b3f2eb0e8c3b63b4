import { describe, expect, it } from "vitest";
import { follow, type LinkEvent, type LinkState } from "../../src/transport/link_states.ts";
import source from "../../src/transport/link_states.ts?raw";

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

const events = (head ?? []).slice(1) as LinkEvent[];
const states = rows.map(([state]) => state as LinkState);

describe("the table of the life cycle", () => {
  const cells = rows.flatMap(([state, ...targets]) =>
    targets.map((target, at) => [state, events[at], target] as const),
  );

  it("has every state and every event", () => {
    expect(states).toEqual(["idle", "opening", "greeting", "open", "waiting"]);
    expect(events).toEqual(["connect", "opened", "welcomed", "lost", "close"]);
    expect(cells).toHaveLength(25);
  });

  it.each(cells)("%s, %s: %s", (state, event, target) => {
    expect(follow(state as LinkState, event as LinkEvent)).toBe(target || null);
  });
});

it("whoever has a transport can lose it, and nobody else", () => {
  for (const state of states) expect(follow(state, "lost") !== null).toBe(state !== "idle" && state !== "waiting");
});

it("a page that leaves is idle, whatever it has been doing, and connects only if it is asked to", () => {
  for (const state of states) expect(follow(state, "close") ?? state).toBe("idle");
  for (const event of events) expect(follow("idle", event)).toBe(event === "connect" ? "opening" : null);
});
