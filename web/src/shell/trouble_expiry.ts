/** When what the page says of a recording is no longer so: a sentence about a state ends with that state. */

import { watchDevices } from "../capture/devices.ts";
import type { Trouble, TroubleCode } from "../states.ts";

/** "Try again in a moment" is meant for about so long. */
const BUSY_MS = 30_000;

type ExpiryWatch = (kinds: readonly MediaDeviceKind[], over: () => void) => () => void;

/** Calls `over` when it is; what is returned ends the watch. `kinds` are the devices that the recording needs. */
export function whenOver({ code }: Trouble, kinds: readonly MediaDeviceKind[], over: () => void): () => void {
  return WATCHES[code]?.(kinds, over) ?? (() => undefined);
}

/** A code that is not here tells of a moment that has passed, and stays until Record is pressed. */
const WATCHES: { [code in TroubleCode]?: ExpiryWatch } = {
  missing: whenConnected,
  unplugged: whenConnected,
  refused: whenAllowed,
  full: (_kinds, over) => {
    const timer = setTimeout(over, BUSY_MS);
    return () => clearTimeout(timer);
  },
};

/** One that was pulled out may be reported later than its end, so what counts is that there are more than there were. */
function whenConnected(kinds: readonly MediaDeviceKind[], over: () => void): () => void {
  let least = Number.POSITIVE_INFINITY;
  let isOver = false;
  const look = async (): Promise<void> => {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    const count = devices.filter(({ kind }) => kinds.includes(kind)).length;
    if (count > least && !isOver) over();
    least = Math.min(least, count);
  };
  const end = watchDevices(() => void look());
  void look();
  return () => {
    isOver = true;
    end();
  };
}

/** The user, or the browser's settings, allow the devices after all; not every browser tells. */
function whenAllowed(kinds: readonly MediaDeviceKind[], over: () => void): () => void {
  const abort = new AbortController();
  const look = async (kind: MediaDeviceKind): Promise<void> => {
    const name = (kind === "videoinput" ? "camera" : "microphone") as PermissionName;
    const status = await navigator.permissions?.query({ name }).catch(() => null);
    status?.addEventListener("change", () => status.state !== "denied" && over(), { signal: abort.signal });
  };
  for (const kind of kinds) void look(kind);
  return () => abort.abort();
}
