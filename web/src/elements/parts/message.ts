import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { addressOf } from "../../manifest.ts";
import { copyText } from "./clipboard.ts";
import { patch } from "./dom_patch.ts";
import { type IconName, icon } from "./icons.ts";
import { forget } from "./safe_html.ts";
import "./embedded.ts";
import "./player.ts";
import { t } from "../../words.ts";
import { customElement } from "./define.ts";
import { styled } from "./styled.ts";

/** A part of a message: a text, with its HTML if it is Markdown, a thought, which is HTML alone, or a file. */
export interface MessagePart {
  text?: string;
  html?: string;
  thought?: Status;
  kind?: "image" | "audio" | "video" | "file" | "element";
  /** Of an element: its type, and its properties without the value. */
  tag?: string;
  props?: Record<string, unknown>;
  value?: unknown;
  alt?: string | null;
}

type Status = "pending" | "done";

interface Metadata {
  title?: string;
  /** The title as HTML. */
  heading?: string;
  log?: string;
  status?: Status;
  duration?: number;
  id?: string;
  parent_id?: string;
}

export interface Entry {
  role: "user" | "assistant" | "system";
  content: readonly MessagePart[];
  metadata?: Metadata;
  options?: readonly { value: string; label: string }[];
}

/** An action that a message offers. */
export type Act = "copy" | "like" | "retry" | "undo" | "edit" | "option" | "select";

export interface ActDetail {
  act: Act;
  index: number;
  /** The new text, the feedback (null withdraws it), or the number of the option. */
  value?: unknown;
}

const NAMES: { [act in Act]?: [IconName, string] } = {
  copy: ["copy", t("Copy")],
  retry: ["again", t("Answer again")],
  undo: ["undo", t("Take back")],
  edit: ["edit", t("Edit")],
};
const COPIED_MS = 1500;

/** The text of a message, without its files. */
export function textOf(entry: Entry): string {
  return entry.content.flatMap(({ text }) => (text === undefined ? [] : [text])).join("\n\n");
}

/** One message of a conversation. Dispatches `ms-act`. */
@customElement("ms-message")
export class MessageView extends LitElement {
  @property({ attribute: false }) entry!: Entry;
  @property({ attribute: false }) index = 0;
  /** Profile picture of the speaker; null for none. */
  @property({ attribute: false }) avatar: string | null = null;
  /** True if the message before it comes from the same side: the two are one. */
  @property({ attribute: false }) joined = false;
  /** The depth of its indentation. */
  @property({ attribute: false }) depth = 0;
  @property({ attribute: false }) rtl = false;
  /** The text that is copied. */
  @property({ attribute: false }) said = "";
  @property({ attribute: false }) acts: readonly Act[] = [];
  @property({ attribute: false }) feedback: readonly string[] = [];
  @property({ attribute: false }) liked: string | null = null;
  @state() private isEditing = false;
  @state() private isCopied = false;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const body of this.bodies) forget(body);
  }

  private get bodies(): Element[] {
    return [...this.querySelectorAll(".ms-said")];
  }

  protected override render(): TemplateResult {
    const { role } = this.entry;
    const isSelectable = this.acts.includes("select");
    return html`<div class="ms-turn" data-role=${role} ?data-joined=${this.joined} ${styled({ "--ms-depth": this.depth })}>
      ${this.avatar === null ? nothing : html`<img class="ms-avatar" src=${this.avatar} alt="" ?data-hidden=${this.joined} @load=${this.onAvatar} @error=${this.onAvatar} />`}
      <div class="ms-turn-body">
        <span class="ms-sr">${role === "user" ? t("You") : role === "system" ? t("Note") : t("Answer")}:</span>
        <div
          class="ms-bubble" dir=${this.rtl ? "rtl" : "auto"} tabindex=${isSelectable ? 0 : nothing}
          @click=${isSelectable ? this.select : nothing} @keydown=${isSelectable ? this.onKey : nothing}
        >${this.isEditing ? this.editor() : this.folded()}</div>
        ${this.choices()}${this.isEditing ? nothing : this.tools()}
      </div>
    </div>`;
  }

  /** A message with a title is collapsed under it. */
  private folded(): TemplateResult {
    const { metadata } = this.entry;
    const parts = html`${this.entry.content.map((part) => this.show(part))}`;
    return metadata?.title ? fold(metadata, parts) : parts;
  }

  private show(part: MessagePart): TemplateResult {
    if (part.thought !== undefined) {
      return fold({ title: t("Reasoning"), status: part.thought }, html`<div class="ms-said ms-prose"></div>`);
    }
    if (part.kind === undefined) {
      return part.html === undefined
        ? html`<div class="ms-plain">${part.text}</div>`
        : html`<div class="ms-said ms-prose"></div>`;
    }
    if (part.kind === "element") {
      return html`<ms-embedded .type=${part.tag ?? ""} .given=${part.props ?? {}} .value=${part.value}></ms-embedded>`;
    }
    const address = addressOf(part.value) ?? "";
    const name = part.alt || nameOf(part.value) || part.kind;
    if (part.kind === "image") {
      return html`<a class="ms-shot" href=${address} target="_blank" rel="noopener"><img src=${address} alt=${name} /></a>`;
    }
    if (part.kind === "audio")
      return html`<div class="ms-heard"><ms-player .address=${address} .name=${name}></ms-player></div>`;
    if (part.kind === "video") {
      return html`<video class="ms-clip" src=${address} aria-label=${name} controls playsinline preload="metadata"></video>`;
    }
    const href = address.startsWith("file/") ? `${address}?download=1` : address;
    return html`<a class="ms-file" href=${href} download=${name} target="_blank" rel="noopener">
      ${icon("file")}<span>${nameOf(part.value) || name}</span>${icon("download")}
    </a>`;
  }

  private choices(): TemplateResult | typeof nothing {
    const { options } = this.entry;
    if (!options || !this.acts.includes("option")) return nothing;
    return html`<div class="ms-choices">
      ${options.map(
        ({ label }, at) =>
          html`<button class="ms-button ms-sm" type="button" @click=${() => this.act("option", at)}>${label}</button>`,
      )}
    </div>`;
  }

  private tools(): TemplateResult | typeof nothing {
    const acts = this.acts.filter((act) => act in NAMES || act === "like");
    if (acts.length === 0) return nothing;
    return html`<div class="ms-acts">${acts.map((act) => (act === "like" ? this.thumbs() : this.tool(act)))}</div>`;
  }

  private tool(act: Act): TemplateResult {
    const [image, name] = NAMES[act] as [IconName, string];
    const isDone = act === "copy" && this.isCopied;
    return html`<button class="ms-tool ms-small" type="button" title=${name} @click=${() => void this.use(act)}>
      ${icon(isDone ? "check" : image)}<span class="ms-sr">${isDone ? t("Copied") : name}</span>
    </button>`;
  }

  private thumbs(): TemplateResult[] {
    return this.feedback.map((word) => {
      const image = ({ Like: "like", Dislike: "dislike" } as const)[word];
      const press = (): void => this.act("like", this.liked === word ? null : word);
      return html`<button
        class=${image ? "ms-tool ms-small" : "ms-button ms-sm"} type="button" title=${word} aria-pressed=${this.liked === word}
        @click=${press}
      >${image ? html`${icon(image)}<span class="ms-sr">${word}</span>` : word}</button>`;
    });
  }

  private editor(): TemplateResult {
    return html`<textarea class="ms-input" aria-label=${t("Your message")} rows="2" @keydown=${this.onEditKey}></textarea>
      <div class="ms-choices">
        <button class="ms-button ms-sm" type="button" @click=${this.stopEditing}>${t("Cancel")}</button>
        <button class="ms-button ms-primary ms-sm" type="button" @click=${this.save}>${t("Send")}</button>
      </div>`;
  }

  protected override updated(changed: PropertyValues): void {
    const texts = this.entry.content.flatMap((part) => (part.html === undefined ? [] : [part.html]));
    for (const [at, body] of this.bodies.entries()) patch(body, texts[at] ?? "");
    const title = this.querySelector(".ms-thought-title[data-rich]");
    if (title) patch(title, this.entry.metadata?.heading ?? "");
    if (changed.has("isEditing") && this.isEditing) {
      const field = this.field;
      if (!field) return;
      field.value = textOf(this.entry);
      field.focus();
    }
  }

  /** An image that cannot be loaded is not shown as a broken one. */
  private onAvatar(event: Event): void {
    (event.target as HTMLElement).toggleAttribute("data-missing", event.type === "error");
  }

  private get field(): HTMLTextAreaElement | null {
    return this.querySelector("textarea");
  }

  private act(act: Act, value?: unknown): void {
    const detail: ActDetail = { act, index: this.index, value };
    this.dispatchEvent(new CustomEvent("ms-act", { detail, bubbles: true }));
  }

  private async use(act: Act): Promise<void> {
    if (act === "edit") {
      this.isEditing = true;
      return;
    }
    if (act === "copy") await this.copy();
    this.act(act);
  }

  private async copy(): Promise<void> {
    this.isCopied = await copyText(this.said);
    setTimeout(() => {
      this.isCopied = false;
    }, COPIED_MS);
  }

  private save(): void {
    const text = this.field?.value.trim() ?? "";
    if (!text) return;
    this.isEditing = false;
    this.act("edit", text);
  }

  private stopEditing(): void {
    this.isEditing = false;
  }

  private onEditKey(event: KeyboardEvent): void {
    if (event.key === "Escape") this.stopEditing();
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.save();
    else return;
    event.preventDefault();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Enter" && event.target === event.currentTarget) this.act("select");
  }

  private select(): void {
    // Selecting text does not select the message.
    if (this.ownerDocument.getSelection()?.isCollapsed !== false) this.act("select");
  }
}

/** Parts that are collapsed under a title, and open while they are being written. */
function fold(metadata: Metadata, parts: TemplateResult): TemplateResult {
  const { title, heading, log, status, duration } = metadata;
  return html`<details class="ms-thought" ?open=${status === "pending"}>
    <summary>
      ${status === "pending" ? html`<i class="ms-spinner"></i>` : nothing}
      ${heading === undefined ? html`<span class="ms-thought-title">${title}</span>` : html`<span class="ms-thought-title" data-rich></span>`}
      ${log ? html`<small>${log}</small>` : nothing}
      ${duration === undefined ? nothing : html`<small class="ms-thought-time">${spent(duration)}</small>`}
      ${icon("down")}
    </summary>
    ${parts}
  </details>`;
}

function nameOf(value: unknown): string {
  return typeof value === "object" && value !== null && "name" in value ? String(value.name) : "";
}

function spent(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}
