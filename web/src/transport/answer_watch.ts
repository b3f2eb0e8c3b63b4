/** Says when the server, though asked, is silent: long before the link is given up. Pure: the clock is a parameter. */

/** A question that is not answered for so long is told: within five seconds, as an idle page asks each third second. */
const QUIET_MS = 1_900;

export class AnswerWatch {
  private readonly tell: (isSilent: boolean) => void;
  /** When the oldest unanswered question was asked; null if none is. */
  private askedMs: number | null = null;
  private isSilent = false;

  constructor(tell: (isSilent: boolean) => void) {
    this.tell = tell;
  }

  asked(nowMs: number): void {
    this.askedMs ??= nowMs;
  }

  heard(): void {
    this.askedMs = null;
    this.set(false);
  }

  look(nowMs: number): void {
    this.set(this.askedMs !== null && nowMs - this.askedMs >= QUIET_MS);
  }

  /** The link is lost, which is told by others. */
  forget(): void {
    this.askedMs = null;
    this.isSilent = false;
  }

  private set(isSilent: boolean): void {
    if (isSilent === this.isSilent) return;
    this.isSilent = isSilent;
    this.tell(isSilent);
  }
}
