import { describe, expect, it } from "vitest";
import golden from "../../../tests/golden/overlays.json";
import type { Mark } from "../../src/overlay/marks.ts";
import { readMask } from "../../src/overlay/mask_runs.ts";
import { readOverlay } from "../../src/overlay/packed.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** A mark as the golden file has it: plain lists, and null for a point that is not there. */
const plain = ({ points, edges, mask, ...mark }: Mark): unknown => ({
  ...mark,
  points: [...points].map((value) => (Number.isNaN(value) ? null : value)),
  edges: [...edges],
  mask: mask && { ...mask, pixels: [...mask.pixels] },
});

describe("an overlay", () => {
  it.each(golden)("is read as Python wrote it: $name", ({ hex, marks, width, height, interpolates }) => {
    const overlay = readOverlay(bytes(hex));
    expect(overlay).toMatchObject({ width, height, interpolates });
    expect(overlay.marks.map(plain)).toEqual(marks);
  });

  it("is read from the middle of a message", () => {
    const packed = bytes(golden[2]?.hex ?? "");
    const message = new Uint8Array(packed.length + 7);
    message.set(packed, 3);
    expect(readOverlay(message.subarray(3, 3 + packed.length))).toEqual(readOverlay(packed));
  });

  it("is refused if it is cut off", () => {
    for (const { hex } of golden) {
      const packed = bytes(hex);
      for (let end = 0; end < packed.length; end++) expect(() => readOverlay(packed.subarray(0, end))).toThrow();
    }
  });
});

describe("a mask", () => {
  it.each([
    ["no pixels", [0, 0, 1, 0, 0]],
    ["more pixels than a frame has", [255, 255, 255, 255, 1]],
    ["runs that are too long", [2, 0, 1, 0, 1, 2]],
    ["runs that are too short", [2, 0, 1, 0, 1]],
    ["a run that is cut off", [2, 0, 1, 0, 129]],
  ])("is refused with %s", (_name, data) => {
    expect(() => readMask(Uint8Array.from(data))).toThrow(RangeError);
  });

  it("may have runs of several bytes", () => {
    const mask = readMask(Uint8Array.from([200, 0, 2, 0, 200, 1, 200, 1]));
    expect(mask.pixels.indexOf(1)).toBe(200);
    expect(mask.pixels.reduce((sum, pixel) => sum + pixel, 0)).toBe(200);
  });
});
