import { expect, it } from "vitest";
import golden from "../../../tests/golden/wire.json";
import { decodeServerMessage, encodeMessage } from "../../src/wire/encoding.ts";
import { decodePacket, encodePacket, isPacket } from "../../src/wire/packet.ts";

interface Golden {
  name: string;
  from: string;
  hex: string;
  fields: { [field: string]: unknown };
}

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const hexOf = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

const cases = (golden as Golden[]).map((each) => ({ ...each, bytes: bytesOf(each.hex) }));
const packets = cases.filter(({ bytes }) => isPacket(bytes));
const control = cases.filter(({ bytes }) => !isPacket(bytes));

it("has something to compare", () => {
  expect(packets.length).toBeGreaterThan(3);
  expect(control.length).toBeGreaterThan(20);
});

it.each(packets)("packet: $name", ({ bytes, fields, hex }) => {
  const packet = decodePacket(bytes);
  expect({ ...packet, payload: hexOf(packet.payload) }).toEqual(fields);
  expect(hexOf(encodePacket(packet))).toBe(hex);
});

it.each(control.filter(({ from }) => from === "page"))("page says: $name", ({ fields, hex }) => {
  expect(hexOf(encodeMessage(fields as unknown as Parameters<typeof encodeMessage>[0]))).toBe(hex);
});

it.each(control.filter(({ from }) => from === "server"))("server says: $name", ({ bytes, fields }) => {
  expect(decodeServerMessage(bytes)).toEqual(fields);
});
