import { render } from "lit";
import { Link2 } from "lucide";
import type { AddOn } from "../elements/parts/add_ons.ts";
import { go, named } from "../elements/parts/address.ts";
import { customElement } from "../elements/parts/define.ts";
import { glyph } from "../elements/parts/icons.ts";
import "../styles/headerlinks.css";
import { t } from "../words.ts";

/** The beginning of the ids of headings: they are to be none that the app has given. */
const MARK = "h-";

/** Gives each heading of a text an address, and a link to it. */
@customElement("ms-headerlinks")
export class HeaderLinks extends HTMLElement implements AddOn {
  private body: Element | null = null;
  private readonly observer = new MutationObserver(() => this.link());

  show(markdown: Element): void {
    if (this.body) return;
    this.hidden = true;
    this.body = markdown.querySelector(".ms-prose");
    if (this.body) this.observer.observe(this.body, { childList: true });
    this.link();
  }

  connectedCallback(): void {
    window.addEventListener("popstate", this.seek);
  }

  disconnectedCallback(): void {
    window.removeEventListener("popstate", this.seek);
    this.observer.disconnect();
    for (const link of this.body?.querySelectorAll(".ms-anchor") ?? []) link.remove();
    this.body = null;
  }

  private link(): void {
    for (const heading of this.body?.querySelectorAll<HTMLElement>("h1, h2, h3, h4, h5, h6") ?? []) {
      if (heading.querySelector(".ms-anchor")) continue;
      const name = heading.textContent?.trim() ?? "";
      heading.id ||= freeId(name);
      const link = document.createElement("a");
      link.className = "ms-anchor";
      link.href = `#${encodeURIComponent(heading.id)}`;
      link.title = t("Link to {name}", { name });
      link.setAttribute("aria-label", link.title);
      link.addEventListener("click", (event) => this.follow(event, heading));
      render(glyph(Link2), link);
      heading.append(link);
    }
    // Who has begun to use the page is not taken elsewhere by a text that comes late.
    if (!navigator.userActivation?.hasBeenActive) this.seek();
  }

  /** Goes to a heading; the tabs that are named in the address stay there. */
  private follow(event: MouseEvent, heading: HTMLElement): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // the browser opens another tab or window
    event.preventDefault();
    go(heading.id, named().filter(isHeading));
    heading.scrollIntoView();
  }

  /** Goes to the heading that the page's address names, if it is in this text. */
  private readonly seek = (): void => {
    const found = named().find((name) => this.body?.contains(document.getElementById(name)));
    if (found) document.getElementById(found)?.scrollIntoView();
  };
}

function isHeading(name: string): boolean {
  return /^h[1-6]$/i.test(document.getElementById(name)?.tagName ?? "");
}

/** An id that reads like a text, and that no element has. */
function freeId(text: string): string {
  const words = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
  for (let count = 1; ; count++) {
    const id = `${MARK}${words}${count > 1 ? `-${count}` : ""}`;
    if (!document.getElementById(id)) return id;
  }
}
