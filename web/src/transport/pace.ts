/**
 * The pace of frames on their way up: each leaves when the link is free for it. Pure, the clock is passed in.
 *
 * The server measures the uplink: with credit it says when the last frame that came had left the bottleneck, and at what
 * rate that works. From there on what was sent since takes its time; a frame is taken when that is over.
 */

/** A frame may be taken so long before the link is free: half the interval of a camera, and it has to be encoded. */
const SLACK_US = 20_000;

/** Without news the link counts as free after this. */
const LONGEST_US = 1_000_000;

/** A stream that found the link taken comes before others for so long. */
const TURN_US = 200_000;

interface Sent {
  stream: number;
  sequence: number;
  bytes: number;
  atUs: number;
}

export class UplinkPace {
  /** Bytes a second; 0 as long as it is not known. */
  private rate = 0;
  private leftUs = 0;
  private flight: Sent[] = [];
  /** Streams that found the link taken, the first one first, and when they last asked. */
  private readonly waiting = new Map<number, number>();

  sent(stream: number, sequence: number, bytes: number, atUs: number): void {
    this.flight.push({ stream, sequence, bytes, atUs });
    this.waiting.delete(stream);
  }

  /** The server has a stream's packets up to `received`; the last of them left the bottleneck at `leftUs`. */
  arrived(stream: number, received: number, leftUs: number, rate: number): void {
    const last = this.flight.findLastIndex((sent) => sent.stream === stream && sent.sequence <= received);
    this.flight.splice(0, last + 1);
    this.leftUs = leftUs;
    this.rate = rate;
  }

  /** Nothing more is heard of a stream. */
  forget(stream: number): void {
    this.flight = this.flight.filter((sent) => sent.stream !== stream);
    this.waiting.delete(stream);
  }

  /** True if a frame of the stream that is taken now need not wait for others. */
  isFree(stream: number, nowUs: number): boolean {
    const isTaken = this.freeUs > nowUs + SLACK_US && this.freeUs < nowUs + LONGEST_US;
    const [first] = [...this.waiting].filter(([, askedUs]) => nowUs - askedUs < TURN_US).map(([other]) => other);
    if (!isTaken && (first === undefined || first === stream)) return true;
    this.waiting.set(stream, nowUs);
    return false;
  }

  private get freeUs(): number {
    if (this.rate === 0) return 0;
    return this.flight.reduce(
      (freeUs, sent) => Math.max(freeUs, sent.atUs) + (sent.bytes / this.rate) * 1e6,
      this.leftUs,
    );
  }
}
