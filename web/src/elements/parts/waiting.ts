import { html, LitElement, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { customElement } from "./define.ts";
import { queueing } from "./sentences.ts";

/** The server's estimate may rise by so many seconds before the shown wait becomes longer. */
const SLACK_S = 5;

/** The time that a wait may still take: counts down between the server's estimates, and does not jitter with them. Pure. */
export class Countdown {
  private dueS: number | null = null;

  /** The server expects `etaS` seconds from now; null if unknown. */
  expect(etaS: number | null, nowS: number): void {
    const dueS = etaS === null ? null : nowS + etaS;
    const isSlack = dueS !== null && this.dueS !== null && dueS > this.dueS && dueS < this.dueS + SLACK_S;
    if (!isSlack) this.dueS = dueS;
  }

  /** Seconds left; null if unknown, or if it has taken longer than expected. */
  left(nowS: number): number | null {
    return this.dueS === null || this.dueS <= nowS ? null : this.dueS - nowS;
  }
}

/** "2nd in line, about 20 s": the time counts down by itself. */
@customElement("ms-waiting")
export class Waiting extends LitElement {
  /** From 1; 0 while unknown. */
  @property({ attribute: false }) position = 0;
  /** The server's estimate in seconds; null if unknown. */
  @property({ attribute: false }) etaS: number | null = null;
  @state() private leftS: number | null = null;
  private readonly countdown = new Countdown();
  private tick: ReturnType<typeof setInterval> | undefined;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.tick = setInterval(() => this.count(), 1_000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.tick);
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("etaS")) this.countdown.expect(this.etaS, performance.now() / 1000);
    this.count();
  }

  private count(): void {
    this.leftS = this.countdown.left(performance.now() / 1000);
  }

  protected override render(): TemplateResult {
    const words = queueing(this.position, null);
    // The countdown is not read out at every step.
    return html`${words}<span aria-live="off">${queueing(this.position, this.leftS).slice(words.length)}</span>`;
  }
}

/** The reason for waiting, if that is something in the page; else the words about the position in the queue. */
export function waitingWords({
  awaits,
  position,
  etaS,
}: {
  awaits?: string;
  position: number;
  etaS: number | null;
}): TemplateResult {
  if (awaits) return html`<span>${awaits}</span>`;
  return html`<ms-waiting .position=${position} .etaS=${etaS}></ms-waiting>`;
}
