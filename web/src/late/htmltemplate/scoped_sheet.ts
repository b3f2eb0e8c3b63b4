/** The style sheet of one component: nothing in it reaches beyond the element with the given id. */

export class ScopedSheet {
  private readonly sheet = new CSSStyleSheet();
  private readonly id: string;
  private text = "";

  constructor(id: string) {
    this.id = id;
  }

  /** Replaces its rules; those outside of any block are about the element itself. */
  write(text: string): void {
    if (text === this.text) return;
    this.text = text;
    this.sheet.replaceSync(`#${this.id} {${text}\n}`);
    // A value with a brace in it may have ended the block around the rules.
    while (this.sheet.cssRules.length > 1) this.sheet.deleteRule(1);
    if (!document.adoptedStyleSheets.includes(this.sheet)) {
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.sheet];
    }
  }

  remove(): void {
    this.text = "";
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((adopted) => adopted !== this.sheet);
  }
}
