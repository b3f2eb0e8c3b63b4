/** A ZIP archive of files as they are, without compression: images and videos are compressed already (APPNOTE 6.3). */

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/** Needs version 2.0; names are UTF-8. */
const VERSION = 20;
const UTF8 = 0x0800;
/** 1 January 1980, the first day that the format knows. */
const DATE = 33;

/** Packs files; of those with the same name all but the first are numbered. */
export async function archive(files: readonly { name: string; blob: Blob }[]): Promise<Blob> {
  const parts: BlobPart[] = [];
  const entries: Uint8Array<ArrayBuffer>[] = [];
  const names = new Set<string>();
  let offset = 0;
  for (const { name, blob } of files) {
    const data = new Uint8Array(await blob.arrayBuffer());
    const title = new TextEncoder().encode(distinct(name, names));
    const common = [
      u16(VERSION),
      u16(UTF8),
      u16(0),
      u16(0),
      u16(DATE),
      u32(crc32(data)),
      u32(data.length),
      u32(data.length),
    ];
    const local = joined(u32(LOCAL), ...common, u16(title.length), u16(0), title);
    entries.push(
      joined(u32(CENTRAL), u16(VERSION), ...common, u16(title.length), new Uint8Array(12), u32(offset), title),
    );
    parts.push(local, data);
    offset += local.length + data.length;
  }
  const directory = joined(...entries);
  const counts = [u16(0), u16(0), u16(entries.length), u16(entries.length)];
  const end = joined(u32(END), ...counts, u32(directory.length), u32(offset), u16(0));
  return new Blob([...parts, directory, end], { type: "application/zip" });
}

function distinct(name: string, names: Set<string>): string {
  const [, stem, suffix] = /^(.*?)(\.[^.]*)?$/s.exec(name) ?? [];
  let free = name;
  for (let number = 2; names.has(free); number++) free = `${stem} ${number}${suffix ?? ""}`;
  names.add(free);
  return free;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, start) => {
  let value = start;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(data: Uint8Array): number {
  let value = ~0;
  for (const byte of data) value = (value >>> 8) ^ (TABLE[(value ^ byte) & 0xff] as number);
  return ~value >>> 0;
}

const u16 = (number: number): Uint8Array => Uint8Array.of(number & 0xff, number >>> 8);
const u32 = (number: number): Uint8Array =>
  Uint8Array.of(number & 0xff, (number >>> 8) & 0xff, (number >>> 16) & 0xff, number >>> 24);

function joined(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
