import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { t } from "../words.ts";
import { Leaf, type LeafProps } from "./base.ts";
import { copyText } from "./parts/clipboard.ts";
import { customElement } from "./parts/define.ts";
import { FollowedEnd } from "./parts/followed_end.ts";
import { icon } from "./parts/icons.ts";
import { progress } from "./parts/run.ts";
import { styled } from "./parts/styled.ts";

interface TextboxProps extends LeafProps {
  value: string | null;
  lines: number;
  max_lines: number | null;
  placeholder: string | null;
  kind: "text" | "password" | "email";
  max_length: number | null;
  autofocus: boolean;
  autoscroll: boolean;
  submit_button: boolean | string | null;
  stop_button: boolean | string | null;
  buttons: readonly string[];
  text_align: "left" | "right" | null;
  rtl: boolean;
  html_attributes?: Readonly<Record<string, string>>;
}

type Field = HTMLTextAreaElement | HTMLInputElement;

const LINE_PX = 22;
const PADDING_PX = 18;
const MAX_LINES = 20;
const COPIED_MS = 1500;

/** Text, typed or streamed. It grows by whole lines, and follows new text only if the reader was at its end. */
@customElement("ms-textbox")
export class Textbox extends Leaf<TextboxProps> {
  @state() private copied = false;
  private readonly end = new FollowedEnd();

  private get field(): Field | null {
    return this.querySelector<Field>(".ms-input");
  }

  private get text(): string {
    return this.props.value ?? "";
  }

  protected override render(): TemplateResult {
    const single = this.props.kind !== "text" || this.props.max_lines === 1;
    return html`
      ${this.caption(this.copyButton())}
      <div class="ms-beside">${single ? this.line() : this.area()}${this.sideButtons()}</div>
      ${progress(this.run)}${this.notes()}
    `;
  }

  private line(): TemplateResult {
    const { props } = this;
    return html`<input
      class="ms-input" id=${this.control} type=${props.kind} autocomplete=${props.kind === "text" ? "off" : "on"}
      placeholder=${props.placeholder ?? ""} maxlength=${props.max_length ?? nothing} ?readonly=${!props.interactive}
      aria-label=${this.captioned ? nothing : this.name} aria-describedby=${this.described()}
      dir=${props.rtl ? "rtl" : nothing} ${styled({ "text-align": props.text_align })}
      @input=${this.onInput} @keydown=${this.onKey} @keyup=${this.keyUp} @copy=${this.copying} @focus=${this.onFocus} @blur=${this.onBlur} @select=${this.onSelect}
    />`;
  }

  private area(): TemplateResult {
    const { props } = this;
    const least = Math.max(1, props.lines);
    const most = Math.max(least, props.max_lines ?? MAX_LINES);
    const heights = {
      "min-height": `${least * LINE_PX + PADDING_PX}px`,
      "max-height": `${most * LINE_PX + PADDING_PX}px`,
      "text-align": props.text_align,
    };
    return html`<textarea
      class="ms-input" id=${this.control} rows=${least} spellcheck=${props.interactive ? nothing : "false"}
      placeholder=${props.placeholder ?? ""} maxlength=${props.max_length ?? nothing} ?readonly=${!props.interactive}
      aria-label=${this.captioned ? nothing : this.name} aria-describedby=${this.described()}
      dir=${props.rtl ? "rtl" : nothing} ${styled(heights)}
      @input=${this.onInput} @keydown=${this.onKey} @keyup=${this.keyUp} @copy=${this.copying} @focus=${this.onFocus} @blur=${this.onBlur} @select=${this.onSelect}
      @scroll=${this.end.onScroll}
    ></textarea>`;
  }

  private copyButton(): TemplateResult | typeof nothing {
    if (!this.props.buttons?.includes("copy")) return nothing;
    return html`<button class="ms-tool ms-small" type="button" title=${t("Copy")} @click=${this.copy}>
      ${icon(this.copied ? "check" : "copy")}<span class="ms-sr">${this.copied ? t("Copied") : t("Copy")}</span>
    </button>`;
  }

  private sideButtons(): TemplateResult[] {
    const { submit_button: submit, stop_button: stop } = this.props;
    const buttons = [];
    const isOff = !this.props.interactive;
    if (submit) buttons.push(this.sideButton(submit, t("Submit"), "ms-primary", () => this.fire("submit"), isOff));
    if (stop) buttons.push(this.sideButton(stop, t("Stop"), "", () => this.fire("stop")));
    return buttons;
  }

  private sideButton(
    text: string | boolean,
    name: string,
    variant: string,
    press: () => void,
    isOff = false,
  ): TemplateResult {
    const face = typeof text === "string" ? text : html`${icon(name === t("Stop") ? "square" : "send")}`;
    const label = typeof text === "string" ? nothing : name;
    return html`<button class="ms-button ${variant}" type="button" aria-label=${label} ?disabled=${isOff} @click=${press}>
      ${face}
    </button>`;
  }

  protected override firstUpdated(): void {
    if (this.props.autofocus) this.field?.focus();
  }

  protected override updated(): void {
    const field = this.field;
    if (!field) return;
    for (const [name, value] of Object.entries(this.props.html_attributes ?? {})) field.setAttribute(name, value);
    write(field, this.text);
    if (!(field instanceof HTMLTextAreaElement)) return;
    grow(field);
    if (this.props.autoscroll !== false) this.end.follow(field);
  }

  private onInput(event: InputEvent): void {
    this.edit((event.target as Field).value);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.isComposing || !this.props.interactive) return;
    const newline =
      this.props.kind === "text" && this.props.max_lines !== 1 && event.shiftKey === this.props.lines <= 1;
    if (newline) return;
    event.preventDefault();
    this.fire("submit");
  }

  private onFocus(): void {
    this.fire("focus");
  }

  private onBlur(): void {
    this.fire("blur");
  }

  private onSelect(event: Event): void {
    const field = event.target as Field;
    // Streamed text moves the selection too.
    if (this.ownerDocument.activeElement !== field) return;
    const { value, selectionStart, selectionEnd } = field;
    const [start, end] = [selectionStart ?? 0, selectionEnd ?? 0];
    this.fire("select", { index: [start, end], value: value.slice(start, end) });
  }

  private async copy(): Promise<void> {
    this.copied = await copyText(this.text);
    this.copying(null, this.text);
    setTimeout(() => {
      this.copied = false;
    }, COPIED_MS);
  }
}

/** Writes text so that the selection and the scroll position stay: streamed text is mostly appended. */
function write(field: Field, text: string): void {
  if (field.value === text) return;
  const appended = field instanceof HTMLTextAreaElement && field.value !== "" && text.startsWith(field.value);
  if (appended) field.setRangeText(text.slice(field.value.length), field.value.length, field.value.length, "preserve");
  else field.value = text;
}

/** For browsers without `field-sizing`: as high as its text, within the limits that CSS sets. */
function grow(field: HTMLTextAreaElement): void {
  if (CSS.supports?.("field-sizing", "content")) return;
  const top = field.scrollTop;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
  field.scrollTop = top;
}
