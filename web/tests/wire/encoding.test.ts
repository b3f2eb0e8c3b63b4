import { decode, encode } from "@msgpack/msgpack";
import { expect, it } from "vitest";
import { decodeServerMessage, encodeMessage } from "../../src/wire/encoding.ts";

it("leaves out what the server knows as a default", () => {
  const bytes = encodeMessage({ type: "fire", binding: 3, run: 1, target: undefined, inputs: null, seq: 4 });
  expect(decode(bytes)).toEqual({ type: "fire", binding: 3, run: 1, inputs: null, seq: 4 });
});

it("writes times as whole numbers, which the server's schema demands", () => {
  const us = 1_795_354_136_787_123;
  const bytes = encodeMessage({ type: "clock", page_us: us, seq: 1 });
  expect([...bytes].map((byte) => byte.toString(16))).toContain("cf");
  expect(decode(bytes)).toMatchObject({ page_us: us });
});

it("fills in what the server left out", () => {
  const message = decodeServerMessage(encode({ type: "streamstate", stream: 1, state: "waiting" }));
  expect(message).toEqual({
    type: "streamstate",
    stream: 1,
    state: "waiting",
    seq: 0,
    position: 0,
    eta_s: -1,
    limit_s: 0,
    deadline_us: 0,
    reason: "",
    message: "",
    again: false,
  });
});

it("reads updates by component number", () => {
  // {"type": "outputs", "call": 1, "updates": {4: {"value": "a"}}}, whose key is a number, as Python writes it.
  const hex = "83a474797065a76f757470757473a463616c6c01a775706461746573810481a576616c7565a161";
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  expect(decodeServerMessage(bytes)).toMatchObject({ updates: { 4: { value: "a" } }, packets: 0 });
});

it.each([
  ["not MessagePack", Uint8Array.of(0xc1)],
  ["not a map", encode([1])],
  ["of an unknown type", encode({ type: "constructor" })],
])("refuses what is %s", (_name, bytes) => {
  expect(() => decodeServerMessage(bytes)).toThrow("control message");
});

it("replaces half surrogate pairs wherever they are, for the server refuses what is no UTF-8", () => {
  const value = { "a\ud83d": ["\ude00b", "😀", { c: "\ud800\ud800" }, 1, null, new Uint8Array([255])] };
  const bytes = encodeMessage({ type: "set", seq: 1, component: 1, value });
  expect(decode(bytes)).toMatchObject({
    value: { "a\ufffd": ["\ufffdb", "😀", { c: "\ufffd\ufffd" }, 1, null, new Uint8Array([255])] },
  });
});
