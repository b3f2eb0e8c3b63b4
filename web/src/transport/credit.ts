/** Flow control, both ways: the receiver names the highest sequence that may be sent. Pure. */

/** The credit that the server gives us for one stream. */
export class UpCredit {
  /** The highest sequence that may be sent. */
  limit = 0;
  private sent = 0;
  private reserved = 0;

  /** The receiver's new limit; it never falls, so one that overtook a higher one is ignored. */
  raise(limit: number): void {
    this.limit = Math.max(this.limit, limit);
  }

  /** True if one more packet may be begun. */
  get isFree(): boolean {
    return this.sent + this.reserved < this.limit;
  }

  /** The sequence of the last packet that was sent; 0 before the first. */
  get last(): number {
    return this.sent;
  }

  /** The receiver goes on after packet `received`; true if packets after it were lost, whose sequences are given again. */
  rewind(received: number): boolean {
    const isLost = received < this.sent;
    this.sent = Math.min(this.sent, received);
    return isLost;
  }

  /** Packets that were begun and have not left. */
  get begun(): number {
    return this.reserved;
  }

  /** Begins a packet: what is being encoded counts as sent. Its sequence is given when it leaves, so there are no gaps. */
  reserve(): void {
    if (!this.isFree) throw new RangeError(`no credit beyond ${this.limit}`);
    this.reserved++;
  }

  /** A packet that was begun came to nothing. */
  release(): void {
    this.reserved--;
  }

  /** A packet that was begun leaves: its sequence. */
  commit(): number {
    this.reserved--;
    return ++this.sent;
  }
}

/** Frames that we are ready for at once; how many the link is good for the server knows better. */
export const DOWN_WINDOW = 16;

/** The credit that we give the server for one stream. */
export class DownCredit {
  /** The sequence of the last frame that arrived. */
  received = 0;

  /** The limit to tell the server at first. */
  get limit(): number {
    return this.received + DOWN_WINDOW;
  }

  /** A frame with this sequence arrived; the new limit, or null if the server knows it already. */
  receive(sequence: number): number | null {
    if (sequence <= this.received) return null;
    this.received = sequence;
    return this.limit;
  }
}
