import { expect, it } from "vitest";
import files from "../../../tests/golden/sound_files.json";
import { pagesOf, prolonged } from "../../src/media/ogg.ts";

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(base64, "base64"));
const ogg = files.filter(({ name }) => name.startsWith("Ogg"));

it.each(ogg)("finds the pages of $name", ({ base64 }) => {
  const file = bytesOf(base64);
  const pages = [...pagesOf(file)];
  expect(pages.map(({ isFirst }) => isFirst)).toEqual(pages.map((_, at) => at === 0));
  expect(pages.map(({ isLast }) => isLast)).toEqual(pages.map((_, at) => at === pages.length - 1));
  expect(pages.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(file.length);
  expect([...pagesOf(file.slice(0, -1))]).toEqual(pages.slice(0, -1));
});

it.each(ogg)("computes the sums that the encoder wrote in $name", ({ base64 }) => {
  const file = bytesOf(base64);
  for (const page of pagesOf(file)) {
    if (page.granule !== null) expect(prolonged(file, page, 0)).toEqual(file);
  }
});

it("knows a page in which nothing ends", () => {
  const page = [...new TextEncoder().encode("OggS"), 0, 0, ...Array(8).fill(255), ...Array(12).fill(0), 0];
  expect([...pagesOf(Uint8Array.from(page))]).toMatchObject([{ granule: null, isFirst: false, isLast: false }]);
});
