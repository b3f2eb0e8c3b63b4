import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { customElement } from "../elements/parts/define.ts";
import { progress } from "../elements/parts/run.ts";
import { styled } from "../elements/parts/styled.ts";
import { colorsOf, type LabelledStretch, labelsOf, relabelled, tintOf, wordAt } from "./highlightedtext/stretches.ts";
import "../styles/highlightedtext.css";
import { t } from "../words.ts";

interface HighlightedTextProps extends LeafProps {
  value: readonly LabelledStretch[] | null;
  color_map: Readonly<Record<string, string>>;
  show_legend: boolean;
  show_inline_category: boolean;
  rtl: boolean;
}

/** A text with labelled stretches. Where it is interactive, what is selected can get a label, and lose it. */
@customElement("ms-highlightedtext")
export class HighlightedText extends Leaf<HighlightedTextProps> {
  /** The characters that are selected. */
  @state() private marked: readonly [start: number, end: number] | null = null;

  private get stretches(): readonly LabelledStretch[] {
    return this.props.value ?? [];
  }

  protected override render(): TemplateResult {
    const { show_legend, interactive, rtl } = this.props;
    const { stretches } = this;
    const colors = colorsOf(labelsOf(stretches), this.props.color_map ?? {});
    const starts = offsets(stretches);
    const parts = stretches.map((stretch, at) => this.stretch(stretch, at, starts[at] as number, colors));
    const empty = html`<span class="ms-nothing">${t("No text")}</span>`;
    return html`
      ${this.caption()}
      <div class="ms-highlighted" dir=${rtl ? "rtl" : nothing}>
        ${show_legend && colors.size > 0 ? legend(colors) : nothing}
        <p
          id=${this.control} tabindex=${interactive ? 0 : nothing} role="group" aria-label=${this.name} aria-describedby=${this.described()}
          @keydown=${interactive ? this.onKey : nothing} @pointerup=${interactive ? this.onSelected : nothing}
        >${stretches.length > 0 ? parts : empty}</p>
        ${interactive ? this.form([...colors.keys()]) : nothing}
      </div>
      ${progress(this.run)}${this.notes()}
    `;
  }

  private stretch(
    { token, class_or_confidence: label }: LabelledStretch,
    index: number,
    start: number,
    colors: ReadonlyMap<string, string>,
  ): TemplateResult {
    const tint = tintOf(label, colors);
    const text = this.text(token, start);
    if (!tint) return text;
    const names =
      this.props.show_legend || !this.props.show_inline_category ? nothing : html`<small>${shown(label)}</small>`;
    const style = styled({ "--ms-tint": tint[0], "--ms-strength": tint[1] });
    const select = (): void => this.choose(index, start);
    const isPressable = this.props.interactive || this.listens.has("select");
    const title = `${token}: ${shown(label)}`;
    return isPressable
      ? html`<mark role="button" tabindex="0" title=${title} ${style} @click=${select} @keydown=${pressed(select)}>${text}${names}</mark>`
      : html`<mark title=${title} ${style}>${text}${names}</mark>`;
  }

  /** The text of a stretch, with the part of it that is selected. */
  private text(token: string, start: number): TemplateResult {
    const [from, to] = this.marked ?? [0, 0];
    const [begin, end] = [Math.max(0, from - start), Math.min(token.length, to - start)];
    if (end <= begin) return html`<span data-start=${start}>${token}</span>`;
    return html`<span data-start=${start}>${token.slice(0, begin)}</span><ins data-start=${start + begin}>${token.slice(begin, end)}</ins
      ><span data-start=${start + end}>${token.slice(end)}</span>`;
  }

  private form(labels: readonly string[]): TemplateResult {
    const { marked } = this;
    const known = [...new Set([...Object.keys(this.props.color_map ?? {}), ...labels])];
    const hint = html`<span class="ms-info">${t("Select text to label it: with the pointer, or with the arrow keys.")}</span>`;
    if (!marked) return html`<div class="ms-labelling">${hint}</div>`;
    const text = this.whole.slice(...marked);
    return html`<form class="ms-labelling" @submit=${this.onLabel} @keydown=${this.onFormKey}>
      <label>${t("Label of")} <q>${text.length > 30 ? `${text.slice(0, 30)}…` : text}</q>
        <input class="ms-input" name="label" list="${this.control}-labels" maxlength="200" autocomplete="off" .value=${this.labelAt(marked[0])} />
      </label>
      <datalist id="${this.control}-labels">${known.map((label) => html`<option value=${label}></option>`)}</datalist>
      <button class="ms-button ms-primary" type="submit">${t("Set")}</button>
      <button class="ms-button" type="button" @click=${() => this.label(null)}>${t("Remove")}</button>
    </form>`;
  }

  private get whole(): string {
    return this.stretches.map(({ token }) => token).join("");
  }

  private labelAt(at: number): string {
    const starts = offsets(this.stretches);
    const index = starts.findLastIndex((start) => start <= at);
    return shown(this.stretches[index]?.class_or_confidence ?? null);
  }

  /** A labelled stretch was pressed. */
  private choose(index: number, start: number): void {
    const { token, class_or_confidence: label } = this.stretches[index] as LabelledStretch;
    this.fire("select", { index, value: [token, label], selected: true });
    if (this.props.interactive) void this.mark(start, start + token.length);
  }

  private async mark(start: number, end: number): Promise<void> {
    this.marked = [start, end];
    await this.updateComplete;
  }

  private label(label: string | null): void {
    const { marked } = this;
    this.marked = null;
    if (marked) this.edit(relabelled(this.stretches, marked[0], marked[1], label));
    this.querySelector<HTMLElement>("p")?.focus();
  }

  private readonly onLabel = (event: SubmitEvent): void => {
    event.preventDefault();
    const label = new FormData(event.target as HTMLFormElement).get("label");
    this.label(typeof label === "string" && label.trim() ? label.trim() : null);
  };

  private readonly onFormKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    this.marked = null;
    this.querySelector<HTMLElement>("p")?.focus();
  };

  private readonly onSelected = (): void => {
    const selection = this.ownerDocument.getSelection();
    if (!selection || selection.isCollapsed || selection.rangeCount === 0) return;
    const range = selection.getRangeAt(0);
    const [start, end] = [
      positionOf(range.startContainer, range.startOffset),
      positionOf(range.endContainer, range.endOffset),
    ];
    if (start === null || end === null || end <= start) return;
    selection.removeAllRanges();
    void this.mark(start, end);
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && this.marked) this.querySelector<HTMLInputElement>("form input")?.focus();
    else if (event.key === "Escape" && this.marked) this.marked = null;
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft")
      this.step(event.key === "ArrowRight" ? 1 : -1, event.shiftKey);
    else return;
    event.preventDefault();
  };

  /** Selects the next word, or with `grows` up to it. */
  private step(step: 1 | -1, grows: boolean): void {
    const [start, end] = this.marked ?? [0, 0];
    const word = wordAt(this.whole, step > 0 ? end : start, step);
    if (!word) return;
    this.marked = grows && this.marked ? [Math.min(start, word[0]), Math.max(end, word[1])] : word;
  }
}

/** The position of each stretch in the text. */
function offsets(stretches: readonly LabelledStretch[]): number[] {
  let at = 0;
  return stretches.map(({ token }) => {
    at += token.length;
    return at - token.length;
  });
}

/** A label or a score as text. */
function shown(label: string | number | null): string {
  return typeof label === "number" ? String(Math.round(label * 100) / 100) : (label ?? "");
}

/** The position in the text of a place in the page; null for one that is not in it. */
function positionOf(node: Node, offset: number): number | null {
  const holder = (node instanceof Element ? node : node.parentElement)?.closest<HTMLElement>("[data-start]");
  return holder ? Number(holder.dataset["start"]) + (node instanceof Element ? 0 : offset) : null;
}

function pressed(press: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    press();
  };
}

function legend(colors: ReadonlyMap<string, string>): TemplateResult {
  const entry = ([label, color]: [string, string]): TemplateResult =>
    html`<li><mark ${styled({ "--ms-tint": color, "--ms-strength": 1 })}>${label}</mark></li>`;
  return html`<ul class="ms-labels" aria-label=${t("Labels")}>${[...colors].map(entry)}</ul>`;
}
