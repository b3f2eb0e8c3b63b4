/** The entry of the operator page: it asks for the figures once a second while it can be seen, and shows them. */

import { render } from "lit";
import type { OperatorFigures } from "./figures.ts";
import styles from "./operator.css?inline";
import { type Moment, page } from "./view.ts";

const INTERVAL_MS = 1000;
/** After so long an answer is not waited for any longer. */
const PATIENCE_MS = 5000;

class OperatorDisplay {
  private readonly root = document.createElement("main");
  private moment: Moment | null = null;
  private isPaused = false;
  private trouble = "";

  constructor() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    this.root.className = "ms-op";
    document.body.append(this.root);
    this.draw();
  }

  /** Refreshes the figures for as long as the page is open. */
  async live(): Promise<void> {
    for (;;) {
      if (!this.isPaused && !document.hidden) await this.refresh();
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    }
  }

  private async refresh(): Promise<void> {
    try {
      const now = await asked();
      if (this.isPaused) return;
      const before = this.moment?.now ?? null;
      this.moment = { now, before: before?.gateway === now.gateway ? before : null };
      this.trouble = "";
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
    }
    this.draw();
  }

  private draw(): void {
    render(
      page(this.moment, { isPaused: this.isPaused, trouble: this.trouble }, () => {
        this.isPaused = !this.isPaused;
        this.draw();
      }),
      this.root,
    );
  }
}

async function asked(): Promise<OperatorFigures> {
  const answer = await fetch("operator/figures", { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null);
  if (!answer) throw new Error("The server does not answer. This page keeps trying.");
  if (!answer.ok) throw new Error(`The server gives no figures (${answer.status}). Reload the page.`);
  return { ...(await answer.json()), atMs: performance.now() };
}

void new OperatorDisplay().live();
