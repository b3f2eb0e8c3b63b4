/** Loads the script that typesets formulas, its style sheet and its fonts, when a text has the first one. */
import { listen, TYPESET } from "../constants.ts";
import type { Manifest } from "../manifest.ts";

type FormulaScript = typeof import("../formulas/formulas.ts");

export class Formulas {
  private script: FormulaScript | null = null;
  private loading: Promise<void> | null = null;
  private readonly manifest: Manifest;

  constructor(manifest: Manifest, root: HTMLElement) {
    this.manifest = manifest;
    listen(root, TYPESET, ({ formulas }) => this.typeset(formulas));
  }

  /** At once if the script is there; otherwise they stay as they are written until it is. */
  private typeset(formulas: readonly HTMLElement[]): void {
    if (this.script) {
      this.script.typeset(formulas);
      return;
    }
    this.loading ??= this.load();
    this.loading.then(
      () => this.script?.typeset(formulas.filter((one) => one.isConnected)),
      () => {
        this.loading = null; // the next formula tries again
      },
    );
  }

  private async load(): Promise<void> {
    const [script, sheet] = (["formulas", "formulas_css"] as const).map(
      (name) => new URL(this.manifest.assets[name], document.baseURI).href,
    ) as [string, string];
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = sheet;
    const styled = new Promise((resolve) => {
      link.onload = link.onerror = resolve;
    });
    document.head.append(link);
    const [loaded] = await Promise.all([import(/* @vite-ignore */ script) as Promise<FormulaScript>, styled]);
    this.script = loaded;
  }
}
