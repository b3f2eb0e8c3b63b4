import { html, nothing, type TemplateResult } from "lit";
import { Leaf, type LeafProps } from "./base.ts";
import { customElement } from "./parts/define.ts";
import { progress } from "./parts/run.ts";
import { forget, show } from "./parts/safe_html.ts";
import { length, styled } from "./parts/styled.ts";

interface HtmlProps extends LeafProps {
  value: string | null;
  padding: boolean;
  min_height: number | string | null;
  max_height: number | string | null;
  autoscroll: boolean;
}

/** The app's own HTML. Scripts in it do not run, because of the page's security policy. */
@customElement("ms-html")
export class Html extends Leaf<HtmlProps> {
  private shown = "";

  protected override render(): TemplateResult {
    const { padding, min_height, max_height } = this.props;
    const scrolls = max_height != null;
    return html`
      <div
        class="ms-html ${padding ? "ms-padded" : ""} ${scrolls ? "ms-scrolls" : ""}" tabindex=${scrolls ? 0 : nothing}
        ${styled({ "min-height": length(min_height), "max-height": length(max_height) })} @click=${this.press}
      ></div>
      ${progress(this.run)}${this.notes()}
    `;
  }

  protected override updated(): void {
    const body = this.querySelector(".ms-html");
    const text = this.props.value ?? "";
    if (!body || text === this.shown) return;
    this.shown = text;
    const isAtEnd = body.scrollHeight - body.scrollTop - body.clientHeight < 4;
    show(body, text);
    if (this.props.autoscroll && isAtEnd) body.scrollTop = body.scrollHeight;
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
