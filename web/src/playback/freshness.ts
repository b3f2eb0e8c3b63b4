import { pageUs } from "../transport/clock.ts";
import type { Packet } from "../wire/packet.ts";

/** Which frames of a stream are too old to be shown. */
export class Freshness {
  private readonly counts = new Map<number, number>();
  private readonly maxAgesUs = new Map<number, number>();
  private readonly capturing = new Set<number>();
  private readonly heldUpUntilUs = new Map<number, number>();

  /** A stream begins to capture; if it has a largest age, older frames are stale. */
  begin(stream: number, maxAgeS: number | null = null): void {
    this.capturing.add(stream);
    if (maxAgeS !== null) this.maxAgesUs.set(stream, maxAgeS * 1e6);
  }

  /** The link stood still until now: what was captured before is stale, as newer frames are to come. */
  stood(untilUs: number): void {
    for (const stream of this.capturing) this.heldUpUntilUs.set(stream, untilUs);
  }

  /** A stream captures nothing any more: its last frames are shown, however long the link held them up. */
  stop(stream: number): void {
    this.capturing.delete(stream);
    this.heldUpUntilUs.delete(stream);
  }

  /** A stream is over. */
  end(stream: number): void {
    this.stop(stream);
    this.maxAgesUs.delete(stream);
    this.counts.delete(stream);
  }

  clear(): void {
    this.capturing.clear();
    this.heldUpUntilUs.clear();
    this.maxAgesUs.clear();
    this.counts.clear();
  }

  /** Frames of a stream that were not shown because they were too old. */
  stale(stream: number): number {
    return this.counts.get(stream) ?? 0;
  }

  /** True if a frame is too old, which is counted. */
  isStale({ stream, captured_us }: Packet): boolean {
    const oldestUs = pageUs() - (this.maxAgesUs.get(stream) ?? Number.POSITIVE_INFINITY);
    const isStale = captured_us > 0 && captured_us < Math.max(oldestUs, this.heldUpUntilUs.get(stream) ?? 0);
    if (isStale) this.counts.set(stream, this.stale(stream) + 1);
    return isStale;
  }
}
