/** The sizes of rows, or of columns, one behind the other, and where each begins. Pure. */

export class Sizes {
  private sizes = new Float64Array(0);
  private starts = new Float64Array(1);
  /** Starts up to this index are right. */
  private known = 0;
  private usual: number;

  constructor(usual: number) {
    this.usual = usual;
  }

  get count(): number {
    return this.sizes.length;
  }

  get total(): number {
    return this.start(this.count);
  }

  /** Makes it so many; new ones have the usual size. */
  resize(count: number): void {
    if (count === this.count) return;
    const sizes = new Float64Array(count).fill(this.usual);
    sizes.set(this.sizes.subarray(0, count));
    const starts = new Float64Array(count + 1);
    starts.set(this.starts.subarray(0, count + 1));
    [this.known, this.sizes, this.starts] = [Math.min(this.known, count), sizes, starts];
  }

  /** Gives all of them the usual size again. */
  reset(usual: number): void {
    this.usual = usual;
    this.sizes.fill(usual);
    this.known = 0;
  }

  /** Gives all of them sizes of their own. */
  setAll(sizes: readonly number[]): void {
    this.resize(sizes.length);
    this.sizes.set(sizes);
    this.known = 0;
  }

  set(index: number, size: number): void {
    if (this.sizes[index] === size) return;
    this.sizes[index] = size;
    this.known = Math.min(this.known, index);
  }

  size(index: number): number {
    return this.sizes[index] ?? 0;
  }

  /** The distance of one from the beginning. */
  start(index: number): number {
    const { sizes, starts } = this;
    for (; this.known < index; this.known++) {
      starts[this.known + 1] = (starts[this.known] as number) + (sizes[this.known] as number);
    }
    return starts[index] ?? 0;
  }

  /** The one at a distance from the beginning; the last one beyond the end, and 0 if there is none. */
  at(distance: number): number {
    this.start(this.count);
    let low = 0;
    let high = Math.max(0, this.count - 1);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] as number) <= distance) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The first and the one behind the last that stretch over a length, with so many more on either side. */
  window(distance: number, length: number, more: number): [first: number, end: number] {
    if (this.count === 0) return [0, 0];
    const first = Math.max(0, this.at(distance) - more);
    return [first, Math.min(this.count, this.at(distance + length) + 1 + more)];
  }
}
