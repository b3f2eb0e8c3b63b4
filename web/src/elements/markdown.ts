import { html, type TemplateResult } from "lit";
import { Leaf, type LeafProps } from "./base.ts";
import { askLook, colourCode, copyCode } from "./parts/code_block.ts";
import { customElement } from "./parts/define.ts";
import { progress } from "./parts/run.ts";
import { forget, show } from "./parts/safe_html.ts";
import { length, styled } from "./parts/styled.ts";

interface MarkdownProps extends LeafProps {
  value: string | null;
  height: number | string | null;
  max_height: number | string | null;
  min_height?: number | string | null;
  rtl: boolean;
  padding?: boolean;
}

/** Structured text, rendered and sanitised on the server. */
@customElement("ms-markdown")
export class Markdown extends Leaf<MarkdownProps> {
  private shown = "";

  protected override render(): TemplateResult {
    const { height, max_height, min_height = null, rtl, padding } = this.props;
    const scrolls = height != null || max_height != null;
    return html`
      <div
        class="ms-prose ${scrolls ? "ms-scrolls" : ""} ${padding ? "ms-padded" : ""}" dir=${rtl ? "rtl" : "auto"} tabindex=${scrolls ? 0 : -1}
        ${styled({ height: length(height), "max-height": length(max_height), "min-height": length(min_height) })} @click=${copyCode} @copy=${this.copying}
      ></div>
      ${progress(this.run)}${this.notes()}
    `;
  }

  protected override updated(): void {
    const body = this.querySelector(".ms-prose");
    const text = this.props.value ?? "";
    if (!body || text === this.shown) return;
    this.shown = text;
    show(body, text);
    colourCode(body);
    askLook(body);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    const body = this.querySelector(".ms-prose");
    if (body) forget(body);
  }
}
