import { describe, expect, it } from "vitest";
import type { Packet } from "../../src/wire/packet.ts";
import {
  decodePacket,
  encodePacket,
  Flag,
  isIndependent,
  isKey,
  isLast,
  isPacket,
  PacketKind,
} from "../../src/wire/packet.ts";

const PACKET: Packet = {
  kind: PacketKind.PICTURE,
  codec: 1,
  flags: Flag.KEY | Flag.LAST,
  stream: 0xfffffffe,
  component: 7,
  sequence: 42,
  source: 41,
  call: 9,
  captured_us: 1_795_354_136_787_123,
  payload: Uint8Array.of(1, 2, 3),
};

describe("a packet", () => {
  it("survives the wire", () => {
    expect(decodePacket(encodePacket(PACKET))).toEqual(PACKET);
  });

  it("is read where it lies, without a copy of its payload", () => {
    const bytes = encodePacket(PACKET);
    const shifted = new Uint8Array(bytes.length + 5);
    shifted.set(bytes, 5);
    const read = decodePacket(shifted.subarray(5));
    expect(read).toEqual(PACKET);
    expect(read.payload.buffer).toBe(shifted.buffer);
  });

  it("knows its flags", () => {
    expect([isKey(PACKET), isIndependent(PACKET), isLast(PACKET)]).toEqual([true, false, true]);
  });

  it.each([
    ["shorter than a header", encodePacket(PACKET).subarray(0, 31), "31 bytes"],
    ["of another version", encodePacket(PACKET).fill(2, 0, 1), "version 2"],
    ["of an unknown kind", encodePacket(PACKET).fill(9, 1, 2), "kind 9"],
    ["with unknown flags", encodePacket(PACKET).fill(8, 3, 4), "flags 8"],
  ])("%s is refused", (_name, bytes, words) => {
    expect(() => decodePacket(bytes)).toThrow(words);
  });
});

it("tells packets from control messages by the first byte", () => {
  expect(isPacket(encodePacket(PACKET))).toBe(true);
  expect(isPacket(Uint8Array.of(0x82))).toBe(false);
  expect(isPacket(new Uint8Array(0))).toBe(false);
});
