/** Numbers and names in a file; what is beyond its end is 0. Pure. */

/** A number of so many bytes, the highest first; beyond 2 ** 53 it is not exact. */
export function uint(file: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) value = value * 256 + (file[at + i] ?? 0);
  return value;
}

/** The same, the lowest first. */
export function uintLE(file: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + (file[at + i] ?? 0);
  return value;
}

export function latin1(file: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...file.subarray(at, at + length));
}
