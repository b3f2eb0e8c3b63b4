import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { copyText } from "../elements/parts/clipboard.ts";
import { copyCode } from "../elements/parts/code_block.ts";
import { depthsOf, isSameSide, saidUpTo, same, withoutFiles } from "../elements/parts/conversation.ts";
import { customElement } from "../elements/parts/define.ts";
import { errorText } from "../elements/parts/error_text.ts";
import { icon } from "../elements/parts/icons.ts";
import { frameTool } from "../elements/parts/media_frame.ts";
import { type Act, type ActDetail, type Entry, textOf } from "../elements/parts/message.ts";
import { advancing } from "../elements/parts/run.ts";
import { forget, show } from "../elements/parts/safe_html.ts";
import { length, styled } from "../elements/parts/styled.ts";
import { waitingWords } from "../elements/parts/waiting.ts";
import "../styles/chat.css";
import { t } from "../words.ts";

type Length = number | string | null;

interface ChatbotProps extends LeafProps {
  value: readonly Entry[] | null;
  /** The messages of sessions that are over; left out if there are none. */
  past?: readonly Entry[] | null;
  height: Length;
  min_height: Length;
  max_height: Length;
  resizable: boolean;
  autoscroll: boolean;
  placeholder: string | null;
  examples: readonly { text: string; label: string; icon?: string }[];
  avatars: readonly [string | null, string | null];
  layout: "bubble" | "panel";
  grouped: boolean;
  feedback: readonly string[];
  liked: readonly (string | null)[];
  likes_own: boolean;
  editable: "user" | "all" | null;
  buttons: readonly string[];
  rtl: boolean;
  /** Added to replies that are copied. */
  watermark?: string | null;
}

/** Distances from the end below this count as being at the end. */
const END_PX = 32;
const COPIED_MS = 1500;
/** Longest value of a `select` event that the server takes. */
const MOST_SELECTED = 10_000;
/** The server's names for the two thumbs. */
const LIKED: { [word: string]: boolean } = { Like: true, Dislike: false };

/** A conversation. The view follows it as long as the reader is at its end. */
@customElement("ms-chatbot")
export class Chatbot extends Leaf<ChatbotProps> {
  @state() private isAway = false;
  @state() private isCopied = false;
  private readonly feedback = new Map<number, string | null>();
  private readonly watcher = new ResizeObserver(() => this.follow());
  private known = 0;
  /** The scroll position of the view when it was last reported. */
  private top = 0;
  private placed = "";
  /** The past that was cleared. */
  private cleared: readonly Entry[] | null = null;

  private get entries(): readonly Entry[] {
    return this.props.value ?? [];
  }

  private get past(): readonly Entry[] {
    const { past } = this.props;
    return past && past !== this.cleared ? past : [];
  }

  private get log(): HTMLElement | null {
    return this.querySelector(".ms-log");
  }

  private get isBusy(): boolean {
    return this.run?.state === "running" || this.run?.state === "waiting";
  }

  protected override render(): TemplateResult {
    const { props, entries } = this;
    const depths = depthsOf(entries);
    const heights = {
      height: length(props.height),
      "min-height": length(props.min_height),
      "max-height": length(props.max_height),
    };
    return html`
      <div
        class="ms-chat" data-layout=${props.layout} ?data-resizable=${props.resizable} role="group" aria-label=${this.name}
        @ms-act=${this.onAct} @click=${copyCode} ${styled(heights)}
      >
        ${this.head()}
        <div class="ms-log" role="log" aria-live="polite" aria-label=${this.name} aria-busy=${this.isBusy} tabindex="0" @scroll=${this.onScroll}>
          <div class="ms-turns">
            ${this.bygone()}
            ${repeat(
              entries,
              (_, at) => at,
              (entry, at) => this.message(entry, at, depths[at] as number),
            )}
            ${this.waiting()}${this.failure()}
          </div>
          ${entries.length === 0 && this.past.length === 0 ? this.empty() : nothing}
        </div>
        ${this.isAway ? html`<button class="ms-newest" type="button" title=${t("Jump to the newest")} @click=${this.jump}>${icon("newest")}<span class="ms-sr">${t("Jump to the newest")}</span></button>` : nothing}
      </div>
      ${this.notes("", null)}
    `;
  }

  private head(): TemplateResult | typeof nothing {
    const { props, entries } = this;
    const tools = [];
    if (entries.length > 0 && props.buttons.includes("copy_all")) {
      tools.push(
        frameTool(
          this.isCopied ? "check" : "copy",
          this.isCopied ? t("Copied") : t("Copy all"),
          () => void this.copyAll(),
        ),
      );
    }
    if (entries.length + this.past.length > 0 && (props.interactive || this.listens.has("clear"))) {
      tools.push(frameTool("trash", t("Clear"), () => this.clear()));
    }
    const label = props.label && props.show_label ? html`<span class="ms-chat-label">${props.label}</span>` : nothing;
    if (label === nothing && tools.length === 0) return nothing;
    return html`<div class="ms-chat-head">${label}<span class="ms-chat-tools">${tools}</span></div>`;
  }

  /** Messages that can still be read, but not be answered. */
  private bygone(): TemplateResult | typeof nothing {
    const { past, props } = this;
    if (past.length === 0) return nothing;
    return html`${past.map(
      (entry, at) => html`<ms-message
        .entry=${withoutFiles(entry)} .joined=${props.grouped && isSameSide(past[at - 1], entry)} .rtl=${props.rtl}
        .avatar=${this.avatar(entry)}
      ></ms-message>`,
    )}
    <p class="ms-past">${t("The connection was lost. The app has forgotten what is above.")}</p>`;
  }

  private message(entry: Entry, at: number, depth: number): TemplateResult {
    const { props, entries } = this;
    const isJoined = props.grouped && isSameSide(entries[at - 1], entry);
    const isLastOfSide = !props.grouped || !isSameSide(entries[at + 1], entry);
    return html`<ms-message
      .entry=${entry} .index=${at} .joined=${isJoined} .depth=${depth} .rtl=${props.rtl} .avatar=${this.avatar(entry)}
      .said=${isLastOfSide ? below(saidUpTo(entries, at, props.grouped), entry.role === "user" ? null : props.watermark) : ""} .acts=${same(this.acts(entry, at, isLastOfSide))} .feedback=${props.feedback} .liked=${this.liked(at)}
    ></ms-message>`;
  }

  /** A note comes from neither the user nor the assistant. */
  private avatar({ role }: Entry): string | null {
    return role === "system" ? null : this.props.avatars[role === "user" ? 0 : 1];
  }

  /** The actions that a message offers now. */
  private acts(entry: Entry, at: number, isLastOfSide: boolean): Act[] {
    const { props, listens, isBusy } = this;
    const isNewest = at === this.entries.length - 1;
    const isOwn = entry.role === "user";
    const isLikeable = entry.role === "assistant" || (isOwn && props.likes_own);
    const isComplete = textOf(entry) !== "" && !(isNewest && isBusy);
    const isAnswered = isNewest && !isBusy && this.asked >= 0;
    const isEditable = props.editable === "all" || (props.editable === "user" && isOwn);
    const can: { [act in Act]: boolean } = {
      select: listens.has("select"),
      option: listens.has("option_select") && isNewest && !isBusy,
      copy: props.buttons.includes("copy") && isComplete && isLastOfSide,
      like: listens.has("like") && isLikeable && isLastOfSide && !(isNewest && isBusy),
      edit: listens.has("edit") && isEditable && isComplete && !isBusy,
      retry: listens.has("retry") && isAnswered,
      undo: listens.has("undo") && isAnswered,
    };
    return (Object.keys(can) as Act[]).filter((act) => can[act]);
  }

  private liked(at: number): string | null {
    return this.feedback.has(at) ? (this.feedback.get(at) ?? null) : (this.props.liked[at] ?? null);
  }

  /** The number of the user's last message; -1 without one. */
  private get asked(): number {
    return this.entries.findLastIndex(({ role }) => role === "user");
  }

  /** Three dots until a reply begins, the reported progress, or the position in the queue. */
  private waiting(): TemplateResult | typeof nothing {
    const { run } = this;
    if (!run || !this.isBusy || run.progress === "hidden") return nothing;
    if (run.state === "waiting") return html`<p class="ms-queue">${waitingWords(run)}</p>`;
    if (run.advance) return advancing(run);
    if (this.entries.at(-1)?.role !== "user") return nothing;
    return html`<div class="ms-turn" data-role="assistant"><div class="ms-bubble ms-dots" role="img" aria-label=${t("Writing")}><i></i><i></i><i></i></div></div>`;
  }

  private failure(): TemplateResult | typeof nothing {
    const { run } = this;
    const message =
      run?.state === "failed" ? run.message || (run.progress === "hidden" ? "" : t("Something went wrong.")) : "";
    return message
      ? html`<p class="ms-problem ms-failed" role="status">${icon("error")} <span>${errorText(message)}</span></p>`
      : nothing;
  }

  private empty(): TemplateResult {
    const { placeholder, examples } = this.props;
    const chosen = (index: number): void =>
      this.fire("example_select", { index, value: { text: examples[index]?.text ?? "" } });
    return html`<div class="ms-opening">
      ${placeholder ? html`<div class="ms-placeholder ms-prose"></div>` : examples.length > 0 ? nothing : icon("chat")}
      ${examples.length === 0 ? nothing : html`<div class="ms-starts">${examples.map(({ label, icon: image }, at) => html`<button type="button" @click=${() => chosen(at)}>${image ? sign(image) : nothing}${label}</button>`)}</div>`}
    </div>`;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.updateComplete.then(() => {
      for (const inner of this.querySelectorAll(".ms-log, .ms-turns")) this.watcher.observe(inner);
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.watcher.disconnect();
    const body = this.querySelector(".ms-placeholder");
    if (body) forget(body);
  }

  protected override updated(changed: PropertyValues): void {
    const body = this.querySelector(".ms-placeholder");
    if (!body) this.placed = "";
    else if (this.placed !== this.props.placeholder) {
      this.placed = this.props.placeholder ?? "";
      show(body, this.placed);
    }
    if (!changed.has("props")) return;
    const { entries } = this;
    // Users want to see their own message, and the reply.
    if (entries.length > this.known && entries.at(-1)?.role === "user") this.isAway = false;
    for (const at of this.feedback.keys()) if (at >= entries.length) this.feedback.delete(at);
    this.known = entries.length;
  }

  /** The conversation, or its frame, was resized: called before painting. */
  private follow(): void {
    if (this.props.autoscroll && !this.isAway) this.jump();
  }

  private jump(): void {
    this.isAway = false;
    if (!this.log) return;
    this.log.scrollTop = this.log.scrollHeight;
    this.top = this.log.scrollTop;
  }

  private onScroll(event: Event): void {
    const log = event.target as HTMLElement;
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight <= END_PX;
    // The end may have moved since our own scrolling, which is reported only now; a reader only scrolls up.
    if (isAtEnd) this.isAway = false;
    else if (log.scrollTop < this.top) this.isAway = true;
    this.top = log.scrollTop;
  }

  private onAct(event: CustomEvent<ActDetail>): void {
    const { act, index, value } = event.detail;
    const entry = this.entries[index];
    if (!entry) return;
    const text = textOf(entry);
    if (act === "copy") this.fire("copy", { index, value: text });
    else if (act === "select") this.fire("select", { index, value: text.slice(0, MOST_SELECTED) });
    else if (act === "option")
      this.fire("option_select", { index, value: entry.options?.[value as number]?.value ?? "" });
    else if (act === "edit") this.fire("edit", { index, value, previous_value: text });
    else if (act === "like") this.like(index, text, value as string | null);
    else {
      // "retry" and "undo" refer to the last question, whatever the message.
      const asked = this.entries[this.asked];
      if (asked) this.fire(act, { index: this.asked, value: textOf(asked) });
    }
  }

  private like(index: number, text: string, word: string | null): void {
    this.feedback.set(index, word);
    this.fire("like", { index, value: text, liked: word === null ? null : (LIKED[word] ?? word) });
    this.requestUpdate();
  }

  private clear(): void {
    if (this.props.interactive) this.edit([], null);
    this.feedback.clear();
    this.cleared = this.props.past ?? null;
    this.fire("clear");
    this.requestUpdate();
  }

  private async copyAll(): Promise<void> {
    const said = this.entries.map((entry) => `${entry.role}: ${textOf(entry)}`);
    this.isCopied = await copyText(below(said.join("\n\n"), this.props.watermark));
    setTimeout(() => {
      this.isCopied = false;
    }, COPIED_MS);
  }
}

/** The icon of an example: an image, or a sign such as an emoji. */
function sign(icon: string): TemplateResult {
  const isAddress = /^(data|https?):/.test(icon);
  return isAddress ? html`<img src=${icon} alt="">` : html`<span aria-hidden="true">${icon} </span>`;
}

/** A text that is copied, with the app's own words below it. */
function below(text: string, watermark: string | null | undefined): string {
  return watermark ? `${text}\n\n${watermark}` : text;
}
