import { html, LitElement, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { t } from "../../words.ts";
import { customElement } from "./define.ts";

let answers: Promise<boolean> | null = null;

/** True if the same address answers by https, with a certificate that the browser trusts. Asked once. */
function hasHttps(address: string): Promise<boolean> {
  answers ??= fetch(address, { mode: "no-cors", cache: "no-store" }).then(
    () => true,
    () => false,
  );
  return answers;
}

/** A link to this page by https, where that answers. */
@customElement("ms-secure")
export class SecureLink extends LitElement {
  @state() private isOffered = false;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  private get address(): string {
    const { host, pathname, search } = window.location;
    return `https://${host}${pathname}${search}`;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void hasHttps(this.address).then((does) => {
      this.isOffered = does;
    });
  }

  protected override render(): TemplateResult | typeof nothing {
    return this.isOffered ? html`<a href=${this.address}>${t("Open it with https")}</a>` : nothing;
  }
}
