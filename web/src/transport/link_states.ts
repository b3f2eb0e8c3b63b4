/**
 * The life cycle of the link between the page and its session. Pure.
 *
 * | state    | connect | opened   | welcomed | lost    | close |
 * |----------|---------|----------|----------|---------|-------|
 * | idle     | opening |          |          |         |       |
 * | opening  |         | greeting |          | waiting | idle  |
 * | greeting |         |          | open     | waiting | idle  |
 * | open     |         |          |          | waiting | idle  |
 * | waiting  | opening |          |          |         | idle  |
 *
 * States: `idle`, nobody wants a session; `opening`, a transport is being opened; `greeting`, the server has been greeted,
 * by the token of the session if there is one; `open`, the session is served; `waiting`, the transport is gone and the next
 * one is due, now or later: the session goes on in the meantime.
 *
 * Events: `connect`, the page wants a session, the wait is over, or it is cut short; `opened`, the transport is there;
 * `welcomed`, the server serves the page; `lost`, the transport is gone, has fallen silent, or the server asks to come back
 * later; `close`, the page leaves, or the server does not serve it. An empty cell means that the event changes nothing.
 */

export type LinkState = "idle" | "opening" | "greeting" | "open" | "waiting";

export type LinkEvent = "connect" | "opened" | "welcomed" | "lost" | "close";

const TABLE: { [state in LinkState]: { [event in LinkEvent]?: LinkState } } = {
  idle: { connect: "opening" },
  opening: { opened: "greeting", lost: "waiting", close: "idle" },
  greeting: { welcomed: "open", lost: "waiting", close: "idle" },
  open: { lost: "waiting", close: "idle" },
  waiting: { connect: "opening", close: "idle" },
};

/** The state that an event leads to; null if it changes nothing. */
export function follow(state: LinkState, event: LinkEvent): LinkState | null {
  return TABLE[state][event] ?? null;
}
