/** A streaming resampler, for browsers which refuse a microphone in an `AudioContext` of another rate. Pure. */

/** Zero crossings of the kernel on each side: about 80 dB of stop-band with the window below. */
const CROSSINGS = 16;
/** Kernel values between two zero crossings; the nearest two are interpolated. */
const OVERSAMPLING = 512;
/** Shape of the Kaiser window. */
const BETA = 8;
/** Where the pass-band ends, as a part of the lower Nyquist frequency. */
const PASS_BAND = 0.94;

/**
 * Resamples interleaved audio by a windowed sinc, block after block, without a seam.
 *
 * Over any number of blocks exactly `round(n * to / from)` samples come out of `n`, once `flush` was called.
 */
export class Resampler {
  private readonly step: number;
  private readonly scale: number;
  private readonly reach: number;
  private readonly channels: number;
  private readonly ratio: number;
  /** Input that may still be needed; its first sample has the index `start`. */
  private held: Float32Array;
  private start: number;
  private taken = 0;
  private made = 0;

  constructor(from: number, to: number, channels: number) {
    this.ratio = to / from;
    this.step = from / to;
    this.scale = Math.min(1, this.ratio) * PASS_BAND;
    this.reach = Math.ceil(CROSSINGS / this.scale);
    this.channels = channels;
    this.held = new Float32Array(this.reach * channels);
    this.start = -this.reach;
  }

  /** Takes any number of samples; returns those that can be computed by now, which lag behind by the kernel's half. */
  push(block: Float32Array): Float32Array {
    this.taken += block.length / this.channels;
    this.append(block);
    return this.make(Math.floor((this.taken - this.reach) * this.ratio));
  }

  /** Returns what is left, as if silence followed. */
  flush(): Float32Array {
    this.append(new Float32Array((this.reach + 1) * this.channels));
    return this.make(Math.round(this.taken * this.ratio));
  }

  private append(block: Float32Array): void {
    const joined = new Float32Array(this.held.length + block.length);
    joined.set(this.held);
    joined.set(block, this.held.length);
    this.held = joined;
  }

  private make(until: number): Float32Array {
    const count = Math.max(0, until - this.made);
    const result = new Float32Array(count * this.channels);
    for (let i = 0; i < count; i++) this.interpolate((this.made + i) * this.step, result, i * this.channels);
    this.made += count;
    const needless = Math.max(0, Math.floor(this.made * this.step) - this.reach - this.start);
    this.held = this.held.slice(needless * this.channels);
    this.start += needless;
    return result;
  }

  private interpolate(position: number, result: Float32Array, at: number): void {
    const nearest = Math.floor(position);
    for (let index = nearest - this.reach + 1; index <= nearest + this.reach; index++) {
      const weight = kernel(Math.abs(position - index) * this.scale) * this.scale;
      const offset = (index - this.start) * this.channels;
      for (let channel = 0; channel < this.channels; channel++) {
        result[at + channel] = (result[at + channel] as number) + weight * (this.held[offset + channel] ?? 0);
      }
    }
  }
}

function kernel(crossings: number): number {
  const position = crossings * OVERSAMPLING;
  const index = Math.floor(position);
  if (index >= TABLE.length - 1) return 0;
  const low = TABLE[index] as number;
  return low + (position - index) * ((TABLE[index + 1] as number) - low);
}

const TABLE = Float64Array.from({ length: CROSSINGS * OVERSAMPLING + 1 }, (_, index) => {
  const x = index / OVERSAMPLING;
  const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  return (sinc * bessel(BETA * Math.sqrt(1 - (x / CROSSINGS) ** 2))) / bessel(BETA);
});

/** The modified Bessel function of order 0, by its series. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
