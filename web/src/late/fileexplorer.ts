import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { customElement } from "../elements/parts/define.ts";
import { icon } from "../elements/parts/icons.ts";
import { progress } from "../elements/parts/run.ts";
import { length, styled } from "../elements/parts/styled.ts";
import { TreeKeys } from "../elements/parts/tree_keys.ts";
import "../styles/fileexplorer.css";
import { plural, t } from "../words.ts";

type FolderEntry = readonly [name: string, isFolder: boolean, isChoosable: boolean];

interface FolderListing {
  folder: readonly string[];
  entries: readonly FolderEntry[];
  left_out: number;
}

interface FileExplorerProps extends LeafProps {
  value: readonly (readonly string[])[] | null;
  multiple: boolean;
  height: number | string | null;
  max_height: number | string | null;
  min_height: number | string | null;
  /** The folder that was opened last. */
  listing: FolderListing | null;
}

/** Most folders that are opened by themselves, because files in them are chosen. */
const MOST_SHOWN = 20;

/** Files of the server, below one folder. A folder is asked for when it is opened, one after the other. */
@customElement("ms-fileexplorer")
export class FileExplorer extends Leaf<FileExplorerProps> {
  private readonly listings = new Map<string, FolderListing>();
  private readonly opened = new Set<string>([""]);
  /** Folders that are still to be asked for; the first of them is on its way. */
  private readonly asked: (readonly string[])[] = [];
  private readonly keys = new TreeKeys(this, (item) => this.toggle(wayOf(item)));

  /** A hidden part of the page cannot ask: the outermost folder is read when it is first seen. */
  private readonly sight = new IntersectionObserver((seen) => {
    if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
    this.sight.disconnect();
    setTimeout(() => {
      this.ask([]);
      this.isSeen = true;
      this.reach(this.props.value ?? []);
      this.requestUpdate();
    }, 0);
  });
  private isSeen = false;

  protected override firstUpdated(): void {
    this.sight.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sight.disconnect();
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const { listing, value } = this.props;
    const before = changed.get("props") as FileExplorerProps | undefined;
    if (before && this.isSeen && value && value !== before.value) {
      const known = new Set(before.value?.map(keyOf));
      this.reach(value.filter((way) => !known.has(keyOf(way))));
    }
    if (!listing || listing === before?.listing) return;
    this.listings.set(keyOf(listing.folder), listing);
    if (this.asked[0] && keyOf(this.asked[0]) === keyOf(listing.folder)) this.asked.shift();
    if (this.asked[0]) this.fire("expand", { folder: this.asked[0] });
  }

  protected override render(): TemplateResult {
    const { height, max_height, min_height, multiple } = this.props;
    const sides = { height: length(height), "max-height": length(max_height), "min-height": length(min_height) };
    const root = this.listings.get("");
    return html`
      ${this.caption()}
      <div class="ms-explorer" ${styled(sides)}>
        ${root && root.entries.length === 0 ? html`<p class="ms-nothing">${t("No files")}</p>` : nothing}
        <div
          role="tree" id=${this.control} aria-label=${this.name} aria-multiselectable=${multiple} ?hidden=${!root?.entries.length}
          @keydown=${this.keys.onKey} @focusin=${this.keys.onFocus}
        >${this.rows([])}</div>
      </div>
      ${progress(this.run)}${this.notes()}
    `;
  }

  private rows(folder: readonly string[]): TemplateResult | typeof nothing {
    const listing = this.listings.get(keyOf(folder));
    if (!listing)
      return folder.length > 0 ? html`<div class="ms-opening" ${depth(folder)}>${t("Opening …")}</div>` : nothing;
    const rest =
      listing.left_out > 0
        ? plural("{count} more is not shown", "{count} more are not shown", listing.left_out)
        : folder.length > 0
          ? "empty"
          : "";
    const isTold = listing.left_out > 0 || listing.entries.length === 0;
    return html`
      ${repeat(
        listing.entries,
        ([name]) => name,
        (entry) => this.row(folder, entry),
      )}
      ${isTold && rest ? html`<div class="ms-opening" ${depth(folder)}>${rest}</div>` : nothing}
    `;
  }

  private row(folder: readonly string[], [name, isFolder, isChoosable]: FolderEntry): TemplateResult {
    const way = [...folder, name];
    const isOpen = isFolder && this.opened.has(keyOf(way));
    const isChosen = (this.props.value ?? []).some((each) => keyOf(each) === keyOf(way));
    const press = (): void => (isFolder ? this.toggle(way) : this.choose(way, isChoosable));
    const box =
      isChoosable && this.props.interactive
        ? html`<input
          type=${this.props.multiple ? "checkbox" : "radio"} tabindex="-1" aria-hidden="true" .checked=${isChosen}
          @click=${(event: Event) => this.onBox(event, way)}
        />`
        : nothing;
    return html`<div
        class="ms-leaf" role="treeitem" aria-level=${way.length} aria-expanded=${isFolder ? isOpen : nothing} aria-selected=${isChosen}
        data-way=${JSON.stringify(way)} ${depth(folder)} @click=${press} @keydown=${(event: KeyboardEvent) => this.onItemKey(event, way, isChoosable)}
      >${isFolder ? html`<span class="ms-twist">${icon("down")}</span>` : html`<span class="ms-twist"></span>`}${box}${isFolder ? nothing : icon("file")}<span>${name}</span></div>
      ${isOpen ? this.rows(way) : nothing}`;
  }

  private toggle(way: readonly string[]): void {
    const key = keyOf(way);
    if (this.opened.delete(key)) this.requestUpdate();
    else {
      this.opened.add(key);
      this.requestUpdate();
      this.ask(way);
    }
  }

  /** Opens the folders on the way to files that have become chosen. */
  private reach(ways: readonly (readonly string[])[]): void {
    const folders = ways.flatMap((way) => way.slice(0, -1).map((_, at) => way.slice(0, at + 1)));
    const closed = new Map(folders.map((folder) => [keyOf(folder), folder]));
    for (const [key, folder] of [...closed].filter(([each]) => !this.opened.has(each)).slice(0, MOST_SHOWN)) {
      this.opened.add(key);
      this.ask(folder);
    }
  }

  /** Asks for what is in a folder, each time that it is opened: files come and go. */
  private ask(folder: readonly string[]): void {
    this.asked.push(folder);
    if (this.asked.length === 1) this.fire("expand", { folder });
  }

  private choose(way: readonly string[], isChoosable: boolean): void {
    if (!this.props.interactive || !isChoosable) return;
    const chosen = this.props.value ?? [];
    const others = chosen.filter((each) => keyOf(each) !== keyOf(way));
    const isNew = others.length === chosen.length;
    const value = !isNew ? others : this.props.multiple ? [...others, way] : [way];
    this.edit(value.length > 0 ? value : null);
    this.fire("select", { index: null, value: way.join("/"), selected: isNew });
  }

  private onBox(event: Event, way: readonly string[]): void {
    event.stopPropagation();
    this.choose(way, true);
    this.requestUpdate();
  }

  /** The space bar chooses, a folder as well; Enter opens it. */
  private onItemKey(event: KeyboardEvent, way: readonly string[], isChoosable: boolean): void {
    if (event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    this.choose(way, isChoosable);
  }
}

function keyOf(way: readonly string[]): string {
  return way.join("/");
}

function wayOf(item: HTMLElement): readonly string[] {
  return JSON.parse(item.dataset["way"] ?? "[]") as string[];
}

function depth(folder: readonly string[]): ReturnType<typeof styled> {
  return styled({ "--ms-depth": folder.length });
}
