import { html, type TemplateResult } from "lit";
import { Leaf, type LeafProps } from "./base.ts";
import { customElement } from "./parts/define.ts";
import { progress } from "./parts/run.ts";
import { forget, show } from "./parts/safe_html.ts";

interface HtmlProps extends LeafProps {
  value: string | null;
  padding: boolean;
}

/** The app's own HTML. Scripts in it do not run, because of the page's security policy. */
@customElement("ms-html")
export class Html extends Leaf<HtmlProps> {
  private shown = "";

  protected override render(): TemplateResult {
    return html`
      <div class="ms-html ${this.props.padding ? "ms-padded" : ""}" @click=${this.press}></div>
      ${progress(this.run)}${this.notes()}
    `;
  }

  protected override updated(): void {
    const body = this.querySelector(".ms-html");
    const text = this.props.value ?? "";
    if (!body || text === this.shown) return;
    this.shown = text;
    show(body, text);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    const body = this.querySelector(".ms-html");
    if (body) forget(body);
  }

  private press(): void {
    this.fire("click");
  }
}
