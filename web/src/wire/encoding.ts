/** Control messages as bytes. The twin of this file is `src/millstream/wire/encoding.py`. */

import { decode, encode } from "@msgpack/msgpack";
import { MAX_CONTROL_BYTES, MAX_CONTROL_VALUES, type PageMessage, type ServerMessage } from "./messages.ts";
import { ProtocolError } from "./packet.ts";

/** Encodes one control message; `undefined` fields are left out, the server has their defaults. */
export function encodeMessage(message: PageMessage & { seq: number }): Uint8Array<ArrayBuffer> {
  return encode(wellFormed(message), { ignoreUndefined: true }) as Uint8Array<ArrayBuffer>;
}

/** True if a control message has more bytes or values than the server reads. */
export function isTooLarge(message: PageMessage, data: Uint8Array): boolean {
  if (data.length > MAX_CONTROL_BYTES) return true;
  return data.length > MAX_CONTROL_VALUES && countValues(message, MAX_CONTROL_VALUES) > MAX_CONTROL_VALUES;
}

/** The values of which something consists, keys included, as the server counts them; not much further than `most`. */
function countValues(value: unknown, most: number): number {
  if (value === undefined) return 0;
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return 1;
  let count = 1;
  for (const item of Array.isArray(value) ? value : Object.entries(value).flat()) {
    if (count > most) break;
    count += countValues(item, most);
  }
  return count;
}

/** Replaces half surrogate pairs in all texts by U+FFFD: UTF-8 has no form for them, and the server would refuse it. */
function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/\p{Surrogate}/gu, "\uFFFD");
  if (Array.isArray(value)) return value.map(wellFormed);
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [wellFormed(name), wellFormed(item)]));
}

/**
 * Reads a control message that the server sent, with defaults filled in. Throws `ProtocolError`.
 *
 * Fields are not validated one by one: the server is trusted, and its version has been compared.
 */
export function decodeServerMessage(data: Uint8Array): ServerMessage & { seq: number } {
  let message: unknown;
  try {
    message = decode(data);
  } catch (error) {
    throw new ProtocolError(`not a control message: ${String(error)}`);
  }
  const type = typeof message === "object" && message !== null && "type" in message ? message.type : undefined;
  if (typeof type !== "string" || !Object.hasOwn(DEFAULTS, type)) {
    throw new ProtocolError(`unknown control message ${String(type)}`);
  }
  return { seq: 0, ...DEFAULTS[type as ServerMessage["type"]], ...(message as ServerMessage) };
}

/** The fields that the server's encoder may leave out. */
const DEFAULTS: { [type in ServerMessage["type"]]: object } = {
  welcome: { resume: "", resumed: false, seen: 0, received: {}, decodes: [] },
  refuse: {},
  outputs: { stream: 0, source: 0, run: 0, seen: 0, packets: 0, updates: {} },
  streamstate: { position: 0, eta_s: -1, limit_s: 0, deadline_us: 0, reason: "", message: "", again: false },
  turnstate: {},
  runstate: { position: 0, eta_s: -1, message: "" },
  progress: { run: 0, stream: 0, levels: [] },
  credit: { received: 0, left_us: 0, rate: 0 },
  toast: { title: "", duration_s: 10, count: 1 },
  clock: { seen: 0, idle: false },
  keyframe: {},
  encode: { bits_per_s: 0, frames_per_s: 0, longest: 0 },
  rendered: { seen: 0, nodes: [], components: {}, bindings: [], message: "" },
  script: { inputs: [] },
  silence: {},
  heartbeat: {},
  latency: {
    calls: 0,
    arrived_us: 0,
    wait_us: 0,
    decode_us: 0,
    call_us: 0,
    encode_us: 0,
    received: 0,
    dropped: {},
    decision: "",
  },
};
