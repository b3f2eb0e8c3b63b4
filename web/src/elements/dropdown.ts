import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { t } from "../words.ts";
import { Leaf, type LeafProps } from "./base.ts";
import { customElement } from "./parts/define.ts";
import { icon } from "./parts/icons.ts";
import type { Choice } from "./parts/options.ts";
import { ListPopover } from "./parts/popover.ts";
import { progress } from "./parts/run.ts";

interface DropdownProps extends LeafProps {
  choices: readonly Choice[];
  multiselect: boolean;
  max_choices: number | null;
  filterable: boolean;
  allow_custom_value: boolean;
  num_choices_shown?: number | null;
}

/** One or several of many: a text field that filters, and a list under it (the combobox pattern of ARIA). */
@customElement("ms-dropdown")
export class Dropdown extends Leaf<DropdownProps> {
  @state() private expanded = false;
  /** The text typed since the list opened; null shows everything. */
  @state() private query: string | null = null;
  /** Index into `found` of the option that Enter takes. */
  @state() private active = -1;
  private readonly floating = new ListPopover(this);

  private get field(): HTMLInputElement | null {
    return this.querySelector("input");
  }

  private get chosen(): readonly unknown[] {
    const { value, multiselect } = this.props;
    if (multiselect) return Array.isArray(value) ? value : [];
    return value === null || value === undefined ? [] : [value];
  }

  private get found(): readonly Choice[] {
    return matching(this.props.choices, this.query);
  }

  private labelOf(value: unknown): string {
    return this.props.choices.find(([, each]) => each === value)?.[0] ?? String(value);
  }

  protected override render(): TemplateResult {
    const { interactive, multiselect } = this.props;
    const classes = `ms-input ms-combo${multiselect && this.chosen.length > 0 ? " ms-chips" : ""}${interactive ? "" : " ms-off"}`;
    return html`
      ${this.caption()}
      <div class=${classes} @pointerdown=${this.onPress}>
        ${multiselect ? this.chosen.map((value) => chip(this.labelOf(value), interactive ? () => this.toggle(value) : null)) : nothing}
        ${this.input()}
        <span class="ms-arrow" aria-hidden="true">${icon("down")}</span>
      </div>
      ${this.list()}${progress(this.run)}${this.notes()}
    `;
  }

  private input(): TemplateResult {
    const { interactive, filterable, allow_custom_value } = this.props;
    const list = `${this.control}-list`;
    return html`<input
      id=${this.control} type="text" role="combobox" autocomplete="off" spellcheck="false"
      aria-expanded=${this.expanded} aria-controls=${list} aria-haspopup="listbox"
      aria-autocomplete=${filterable ? "list" : "none"}
      aria-activedescendant=${this.expanded && this.active >= 0 ? `${list}-${this.active}` : nothing}
      aria-label=${this.captioned ? nothing : this.name} aria-describedby=${this.described()}
      ?disabled=${!interactive} ?readonly=${!filterable && !allow_custom_value}
      @input=${this.onType} @keydown=${this.onKey} @keyup=${this.keyUp} @focus=${() => this.fire("focus")} @blur=${this.onBlur}
    />`;
  }

  private list(): TemplateResult {
    const list = `${this.control}-list`;
    const rows = this.expanded ? this.found : [];
    return html`<ul
      class="ms-list" id=${list} role="listbox" popover="manual" aria-label=${t("Choices")}
      aria-multiselectable=${this.props.multiselect ? "true" : nothing} @pointerdown=${keepFocus}
    >
      ${rows.map(([label, value], index) => this.option(label, value, index))}
      ${this.expanded && rows.length === 0 ? html`<li class="ms-none" role="option" aria-disabled="true" aria-selected="false">${t("No match")}</li>` : nothing}
    </ul>`;
  }

  private option(label: string, value: unknown, index: number): TemplateResult {
    const chosen = this.chosen.includes(value);
    return html`<li
      id="${this.control}-list-${index}" role="option" aria-selected=${chosen} ?data-active=${index === this.active}
      @click=${() => this.pick(value)} @pointermove=${() => (this.active = index)}
    ><span>${label}</span>${chosen ? icon("check") : nothing}</li>`;
  }

  protected override updated(changed: PropertyValues): void {
    const [field, list] = [this.field, this.querySelector<HTMLElement>(".ms-list")];
    if (!field || !list) return;
    if (this.query === null) field.value = this.props.multiselect ? "" : this.resting;
    if (changed.has("expanded") || this.expanded)
      this.floating.show(list, this.expanded ? this.querySelector(".ms-combo") : null, this.props.num_choices_shown);
    if (this.expanded) list.querySelector("[data-active]")?.scrollIntoView({ block: "nearest" });
  }

  /** The text of the field while nobody is typing. */
  private get resting(): string {
    const [value] = this.chosen;
    return value === undefined ? "" : this.labelOf(value);
  }

  /** Always true, as the handler of a key that was ours. */
  private expand(): true {
    if (this.expanded || !this.props.interactive) return true;
    this.expanded = true;
    this.active = this.props.choices.findIndex(([, value]) => value === this.chosen[0]);
    if (!this.props.multiselect && this.props.filterable) this.field?.select();
    return true;
  }

  private collapse(): true {
    this.expanded = false;
    this.query = null;
    this.active = -1;
    return true;
  }

  private onPress(event: PointerEvent): void {
    if ((event.target as Element).closest("button")) return;
    if (event.target !== this.field) keepFocus(event);
    this.field?.focus();
    if (this.expanded && event.target !== this.field) this.collapse();
    else this.expand();
  }

  private onType(event: Event): void {
    this.expand();
    this.query = (event.target as HTMLInputElement).value;
    this.active = this.found.length > 0 ? 0 : -1;
  }

  private onBlur(): void {
    if (this.props.allow_custom_value && this.query) this.takeTyped(this.query);
    this.collapse();
    this.fire("blur");
  }

  private onKey(event: KeyboardEvent): void {
    if (this.press(event.key, event.altKey)) event.preventDefault();
  }

  /** Acts on a key; true if it was ours. */
  private press(key: string, alt: boolean): boolean {
    if (key === "ArrowDown" || key === "ArrowUp") return this.move(key === "ArrowDown" ? 1 : -1, alt);
    if (key === "Enter") return this.enter();
    if (key === "Escape" && this.expanded) return this.collapse();
    if (key === "Backspace" && this.props.multiselect && !this.field?.value) return this.dropLast();
    if (key === " " && this.field?.readOnly && !this.expanded) return this.expand();
    return false;
  }

  private move(by: number, alt: boolean): boolean {
    if (!this.expanded) return this.expand();
    if (alt) return by < 0 ? this.collapse() : true;
    const count = this.found.length;
    if (count > 0) this.active = (Math.max(this.active, by > 0 ? -1 : 0) + by + count) % count;
    return true;
  }

  private enter(): boolean {
    if (!this.expanded) return false;
    const choice = this.found[this.active];
    if (choice) this.pick(choice[1]);
    else if (this.props.allow_custom_value && this.query) {
      this.takeTyped(this.query);
      this.collapse();
    }
    return true;
  }

  private dropLast(): boolean {
    const last = this.chosen.at(-1);
    if (last !== undefined) this.toggle(last);
    return last !== undefined;
  }

  private takeTyped(text: string): void {
    const known = this.props.choices.find(([label]) => label === text);
    const value = known ? known[1] : text;
    if (this.chosen.includes(value)) return;
    this.edit(this.props.multiselect ? [...this.chosen, value] : value);
  }

  private pick(value: unknown): void {
    if (this.props.multiselect) {
      this.query = null;
      this.toggle(value);
      return;
    }
    this.collapse();
    this.edit(value);
    this.selected(value, true);
  }

  private toggle(value: unknown): void {
    const chosen = this.chosen.includes(value);
    if (!chosen && this.props.max_choices !== null && this.chosen.length >= this.props.max_choices) return;
    this.edit(chosen ? this.chosen.filter((each) => each !== value) : [...this.chosen, value]);
    this.selected(value, !chosen);
  }

  private selected(value: unknown, selected: boolean): void {
    const index = this.props.choices.findIndex(([, each]) => each === value);
    this.fire("select", { index, value, selected });
  }
}

/** One of several selected choices, with a remove button unless `remove` is null. */
function chip(label: string, remove: (() => void) | null): TemplateResult {
  if (!remove) return html`<span class="ms-pick">${label}</span>`;
  return html`<span class="ms-pick">${label}<button
      class="ms-tool ms-small" type="button" aria-label=${t("Remove {name}", { name: label })} @click=${remove}
    >${icon("close")}</button></span>`;
}

function keepFocus(event: Event): void {
  event.preventDefault();
}

/** The choices whose label contains the typed text; those that begin with it come first. */
export function matching(choices: readonly Choice[], query: string | null): readonly Choice[] {
  const wanted = query?.trim().toLocaleLowerCase() ?? "";
  if (wanted === "") return choices;
  const found = choices.filter(([label]) => label.toLocaleLowerCase().includes(wanted));
  const first = found.filter(([label]) => label.toLocaleLowerCase().startsWith(wanted));
  return [...first, ...found.filter((choice) => !first.includes(choice))];
}
