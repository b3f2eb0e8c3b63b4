import { html, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { customElement } from "../elements/parts/define.ts";
import { icon } from "../elements/parts/icons.ts";
import { forgetChat, keepChat, type SavedChat, savedChats, tellChats, titleOf } from "../elements/parts/saved_chats.ts";
import "../styles/savedchats.css";
import { t } from "../words.ts";

interface SavedChatsProps extends LeafProps {
  /** The open conversation; null for one that has just begun. The app's first value says who the user is. */
  value: (SavedChat & { user?: string; index?: number }) | null;
  key: string;
}

/** The conversations that the browser keeps: one of them is open, others can be opened, and all can be forgotten. */
@customElement("ms-savedchats")
export class SavedChats extends Leaf<SavedChatsProps> {
  /** The user whose conversations these are; null until the app has said so. */
  private user: string | null = null;
  @state() private chats: readonly SavedChat[] = [];

  private get key(): string {
    return `${this.props.key}:${this.user}`;
  }

  private get open(): string {
    return this.props.value?.id ?? "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("storage", this.hear);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("storage", this.hear);
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const { value } = this.props;
    const before = changed.get("props") as SavedChatsProps | undefined;
    if (!changed.has("props") || !value || value === before?.value) return;
    if (value.user !== undefined && value.user !== this.user) {
      this.user = value.user;
      this.chats = savedChats(this.key);
      tellChats(this.key);
    }
    if (value.id && this.user !== null) {
      const { id, messages } = value;
      this.chats = keepChat(this.key, { id, messages });
    }
    const named = this.chats[value.index ?? -1];
    if (named) this.edit(named, "open");
  }

  protected override render(): TemplateResult {
    return html`<nav class="ms-saved" aria-label=${this.name}>
      <button class="ms-button ms-saved-new" type="button" @click=${this.onNew}>${icon("edit")}<span>${t("New chat")}</span></button>
      ${
        this.chats.length === 0
          ? html`<p class="ms-saved-none">${t("Your conversations are kept in this browser.")}</p>`
          : html`<ul>${repeat(
              this.chats,
              ({ id }) => id,
              (chat) => this.entry(chat),
            )}</ul>`
      }
    </nav>`;
  }

  private entry(chat: SavedChat): TemplateResult {
    const title = titleOf(chat);
    const isOpen = chat.id === this.open;
    return html`<li ?data-open=${isOpen}>
      <button type="button" class="ms-saved-chat" title=${title} aria-current=${isOpen} @click=${() => this.choose(chat)}>${title}</button>
      <button type="button" class="ms-tool ms-small" title=${t("Delete")} @click=${() => this.forget(chat.id)}>
        ${icon("trash")}<span class="ms-sr">${t("Delete {name}", { name: title })}</span>
      </button>
    </li>`;
  }

  private choose(chat: SavedChat): void {
    if (chat.id === this.open) return;
    this.edit(chat, null);
    this.fire("select", { index: this.chats.indexOf(chat), value: titleOf(chat) });
  }

  private begin(): void {
    this.edit(null, null);
    this.fire("clear");
  }

  private onNew(): void {
    this.begin();
    this.fire("click");
  }

  private forget(id: string): void {
    const index = this.chats.findIndex((chat) => chat.id === id);
    this.chats = forgetChat(this.key, id);
    if (id === this.open) this.begin();
    else this.fire("delete", { index });
  }

  /** Another tab has written, or this one. */
  private readonly hear = ({ key }: StorageEvent): void => {
    if (this.user !== null && key === this.key) this.chats = savedChats(this.key);
  };
}
