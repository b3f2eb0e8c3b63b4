import { html, nothing, type TemplateResult } from "lit";
import { ExternalLink } from "lucide";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { customElement } from "../elements/parts/define.ts";
import { glyph } from "../elements/parts/icons.ts";
import { t } from "../words.ts";
import "../styles/navbar.css";

/** A name, and the path of a page or a web address. */
type NavigationLink = readonly [name: string, address: string];

interface NavbarProps extends LeafProps {
  value: readonly NavigationLink[] | null;
  /** The name of the main page; null leaves out the link to it. */
  main: string | null;
  pages: readonly NavigationLink[];
  /** The path of this page; empty for the main page. */
  path: string;
}

/** Links that lead out of the app. */
const OUTSIDE = /^(https?:|mailto:)/i;

/** The links between the pages of the app. It stands in front of the page's content, wherever it was declared. */
@customElement("ms-navbar")
export class Navbar extends Leaf<NavbarProps> {
  override connectedCallback(): void {
    super.connectedCallback();
    this.closest("main")?.before(this);
  }

  protected override render(): TemplateResult | typeof nothing {
    const { main, pages, value, path } = this.props;
    const entries: NavigationLink[] = [...(main === null ? [] : [[main, ""] as const]), ...pages, ...(value ?? [])];
    if (entries.every(([, address]) => pathOf(address) === path)) return nothing;
    return html`<nav aria-label=${t("Pages")}><ul>${entries.map(([name, address]) => this.link(name, address))}</ul></nav>`;
  }

  private link(name: string, address: string): TemplateResult {
    const isOutside = OUTSIDE.test(address);
    const current = !isOutside && pathOf(address) === this.props.path;
    return html`<li><a
      href=${isOutside ? address : hrefOf(address)} target=${isOutside ? "_blank" : nothing}
      rel=${isOutside ? "noopener noreferrer" : nothing} aria-current=${current ? "page" : nothing}
    >${name}${isOutside ? [glyph(ExternalLink), html`<span class="ms-sr">${t("(opens in a new tab)")}</span>`] : nothing}</a></li>`;
  }

  protected override firstUpdated(): void {
    const bar = this.querySelector("nav");
    const current = this.querySelector<HTMLElement>("[aria-current]");
    if (!bar || !current) return;
    // In a narrow window the bar scrolls: this page's own link is in sight.
    bar.scrollLeft = current.offsetLeft - (bar.clientWidth - current.offsetWidth) / 2;
  }
}

/** The path of one of the app's pages in an address: without slashes, query and fragment. */
function pathOf(address: string): string {
  return address.replace(/[?#].*$/, "").replace(/^\/+|\/+$/g, "");
}

/** The address as the browser gets it, below that of the app; the colours that this address asks for go along. */
function hrefOf(address: string): string {
  const [, path = "", query = "", fragment = ""] = /^([^?#]*)(\?[^#]*)?(#.*)?$/.exec(address) ?? [];
  const params = new URLSearchParams(query);
  const theme = new URLSearchParams(location.search).get("__theme");
  if (theme && !params.has("__theme")) params.set("__theme", theme);
  const search = params.size > 0 ? `?${params}` : "";
  return `./${path.replace(/^\/+/, "").split("/").map(encodeURIComponent).join("/")}${search}${fragment}`;
}
