/** Audio as upright bars: the same drawing for the level of the microphone and for a recording. */

/** The path of one bar for each value (0..1), standing on the middle line of a box of `width` by `height`. */
export function barsPath(values: ArrayLike<number>, width: number, height: number): string {
  const step = width / values.length;
  const middle = height / 2;
  let path = "";
  for (let index = 0; index < values.length; index += 1) {
    // A bar is never shorter than a dot: silence shows as a dotted line.
    const half = Math.max(1, Math.min(1, values[index] ?? 0) * (middle - 1));
    path += `M${round(step * (index + 0.5))} ${round(middle - half)}V${round(middle + half)}`;
  }
  return path;
}

/** The loudest sample of each of `count` stretches, as parts of the loudest of all; zeros for silence. */
export function peaks(samples: Float32Array, count: number): Float32Array {
  const result = new Float32Array(count);
  let loudest = 0;
  for (let bar = 0; bar < count; bar += 1) {
    const end = Math.floor(((bar + 1) * samples.length) / count);
    let most = 0;
    for (let index = Math.floor((bar * samples.length) / count); index < end; index += 1) {
      most = Math.max(most, Math.abs(samples[index] ?? 0));
    }
    result[bar] = most;
    loudest = Math.max(loudest, most);
  }
  // Near silence must not be scaled up to look loud.
  const full = Math.max(loudest, 0.05);
  return result.map((value) => value / full);
}

/** A level (0..1 of full scale) on a decibel scale, as it is perceived: 0 at -60 dB and below, 1 at full scale. */
export function loudness(level: number): number {
  return level <= 0.001 ? 0 : Math.min(1, 1 + (20 * Math.log10(level)) / 60);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
