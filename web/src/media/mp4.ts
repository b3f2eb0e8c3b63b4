/** The one thing that is unknown when a video begins: how long it is. Pure. */

/** Where in `mvhd` (version 0) ticks a second and the duration stand, counted from its name. */
const TICKS_AT = 16;
const DURATION_AT = 20;

/** The beginning of an MP4 file, with its duration in the header; anything else comes back as it is. */
export function timed(beginning: Uint8Array<ArrayBuffer>, seconds: number): Uint8Array<ArrayBuffer> {
  const at = find(beginning, "mvhd");
  if (at < 0 || beginning.length < at + DURATION_AT + 4) return beginning;
  const changed = beginning.slice();
  const view = new DataView(changed.buffer);
  view.setUint32(at + DURATION_AT, Math.round(seconds * view.getUint32(at + TICKS_AT)));
  return changed;
}

function find(bytes: Uint8Array, name: string): number {
  const codes = [...name].map((char) => char.charCodeAt(0));
  return bytes.findIndex((_, at) => codes.every((code, index) => bytes[at + index] === code));
}
