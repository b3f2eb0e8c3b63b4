import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { copyText } from "../elements/parts/clipboard.ts";
import { customElement } from "../elements/parts/define.ts";
import { save } from "../elements/parts/files.ts";
import { icon } from "../elements/parts/icons.ts";
import { progress } from "../elements/parts/run.ts";
import { styled } from "../elements/parts/styled.ts";
import { CodeKeys } from "./code/keys.ts";
import { CodeLines } from "./code/lines.ts";
import "../styles/code.css";
import { t } from "../words.ts";

interface CodeProps extends LeafProps {
  value: string | null;
  language: string | null;
  lines: number;
  max_lines: number | null;
  wrap_lines: boolean;
  line_numbers: boolean;
  buttons: readonly string[];
}

const LINE_PX = 20;
const PADDING_PX = 16;
const COPIED_MS = 1500;

const ENDINGS: Record<string, string> = {
  ...{ python: "py", c: "c", cpp: "cpp", markdown: "md", latex: "tex", json: "json", html: "html", css: "css" },
  ...{ javascript: "js", jinja2: "j2", typescript: "ts", yaml: "yaml", dockerfile: "dockerfile", shell: "sh", r: "r" },
};

/**
 * The text of a program. Its lines are drawn in colour; where it can be edited, a text field without colour of its own
 * lies exactly upon them, so that everything that a browser offers for texts works.
 */
@customElement("ms-code")
export class CodeField extends Leaf<CodeProps> {
  @state() private copied = false;
  private drawn: CodeLines | null = null;
  private readonly keys = new CodeKeys();

  private get text(): string {
    return this.props.value ?? "";
  }

  protected override render(): TemplateResult {
    const { lines, max_lines, wrap_lines, line_numbers, interactive } = this.props;
    const heights = {
      "min-height": `${lines * LINE_PX + PADDING_PX}px`,
      "max-height": max_lines === null ? null : `${max_lines * LINE_PX + PADDING_PX}px`,
      "--ms-digits": String(this.text.split("\n").length).length,
    };
    return html`
      ${this.caption(this.tools())}
      <div
        class="ms-code ms-code-editor ${wrap_lines ? "ms-wrapped" : ""} ${line_numbers ? "ms-numbered" : ""}"
        tabindex=${interactive ? nothing : 0} role=${interactive ? nothing : "group"} aria-label=${interactive ? nothing : this.name}
        ?data-edited=${interactive} ${styled(heights)}
      ><div class="ms-sheet"><div class="ms-lines" aria-hidden=${interactive ? "true" : nothing}></div>${interactive ? this.field() : nothing}</div></div>
      ${progress(this.run)}${this.notes()}
    `;
  }

  private field(): TemplateResult {
    return html`<textarea
      id=${this.control} spellcheck="false" autocapitalize="off" autocomplete="off" wrap=${this.props.wrap_lines ? "soft" : "off"}
      aria-label=${this.captioned ? nothing : this.name} aria-describedby=${this.described()} rows="1"
      @input=${this.onInput} @keydown=${this.onKey} @focus=${() => this.fire("focus")} @blur=${() => this.fire("blur")}
    ></textarea>`;
  }

  protected override updated(): void {
    const lines = this.querySelector<HTMLElement>(".ms-lines");
    if (lines) {
      this.drawn ??= new CodeLines(lines);
      this.drawn.show(this.text, this.props.language);
    }
    const field = this.querySelector("textarea");
    if (field && field.value !== this.text) write(field, this.text);
  }

  private tools(): TemplateResult | typeof nothing {
    const { buttons } = this.props;
    if (!buttons?.length) return nothing;
    const copied = this.copied ? t("Copied") : t("Copy");
    return html`<span class="ms-tools">
      ${buttons.includes("copy") ? tool(this.copied ? "check" : "copy", copied, () => void this.copy()) : nothing}
      ${buttons.includes("download") ? tool("download", t("Download"), this.download) : nothing}
    </span>`;
  }

  private onInput(event: InputEvent): void {
    this.edit((event.target as HTMLTextAreaElement).value);
  }

  private onKey(event: KeyboardEvent): void {
    this.keys.press(event, event.target as HTMLTextAreaElement, this.props.language);
  }

  private readonly copy = async (): Promise<void> => {
    this.copied = await copyText(this.text);
    setTimeout(() => {
      this.copied = false;
    }, COPIED_MS);
  };

  private readonly download = (): void => {
    const language = this.props.language ?? "";
    const ending = language.startsWith("sql") ? "sql" : (ENDINGS[language] ?? "txt");
    save(new Blob([this.text], { type: "text/plain" }), `code.${ending}`);
  };
}

function tool(name: "copy" | "check" | "download", title: string, press: () => void): TemplateResult {
  return html`<button class="ms-tool ms-small" type="button" title=${title} @click=${press}>
    ${icon(name)}<span class="ms-sr">${title}</span>
  </button>`;
}

/** Changes only what differs, so that the cursor stays where it is in the rest. */
function write(field: HTMLTextAreaElement, text: string): void {
  const { value, selectionStart, selectionEnd } = field;
  let same = 0;
  const most = Math.min(value.length, text.length);
  while (same < most && value[same] === text[same]) same++;
  field.value = text;
  const shift = text.length - value.length;
  const moved = (at: number): number => (at <= same ? at : Math.max(same, at + shift));
  if (field.ownerDocument.activeElement === field) field.setSelectionRange(moved(selectionStart), moved(selectionEnd));
}
