import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { t } from "../words.ts";
import { Leaf, type LeafProps } from "./base.ts";
import { customElement } from "./parts/define.ts";
import { progress } from "./parts/run.ts";

interface NumberProps extends LeafProps {
  value: number | null;
  minimum: number | null;
  maximum: number | null;
  step: number | null;
  precision: number | null;
  placeholder: string | null;
}

/** A number. A value out of bounds gets a message beside the field, and is not sent. */
@customElement("ms-number")
export class NumberField extends Leaf<NumberProps> {
  @state() private problem = "";

  protected override render(): TemplateResult {
    const { props } = this;
    return html`
      ${this.caption()}
      <input
        class="ms-input" id=${this.control} type="number" inputmode=${props.precision === 0 ? "numeric" : "decimal"}
        step=${props.precision === 0 ? 1 : (props.step ?? "any")} placeholder=${props.placeholder ?? ""}
        min=${props.minimum ?? nothing} max=${props.maximum ?? nothing} ?disabled=${!props.interactive}
        aria-label=${this.captioned ? nothing : this.name} aria-describedby=${this.described(this.problem)}
        aria-invalid=${this.problem ? "true" : nothing}
        @input=${this.onInput} @keydown=${this.onKey} @focus=${() => this.fire("focus")} @blur=${this.onBlur}
      />
      ${progress(this.run)}${this.notes(this.problem)}
    `;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    const before = changed.get("props");
    if (before && before.value !== this.props.value) this.problem = "";
  }

  protected override updated(): void {
    const field = this.querySelector("input");
    if (!field || this.problem) return;
    // "1.0" while it is typed is 1: only another number may replace the text.
    if (parse(field) !== this.props.value) field.value = this.props.value === null ? "" : String(this.props.value);
  }

  private onInput(event: Event): void {
    const field = event.target as HTMLInputElement;
    const value = parse(field);
    this.problem = complaint(value, field.validity.badInput, this.props);
    if (!this.problem) this.edit(value);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Enter" && !this.problem) this.fire("submit");
  }

  private onBlur(): void {
    this.fire("blur");
  }
}

function parse(field: HTMLInputElement): number | null {
  return field.value === "" ? null : field.valueAsNumber;
}

/** The problem with a number, in words; empty if there is none. */
export function complaint(
  value: number | null,
  unreadable: boolean,
  { minimum, maximum, precision }: Pick<NumberProps, "minimum" | "maximum" | "precision">,
): string {
  if (unreadable) return t("This is not a number.");
  if (value === null) return "";
  if (minimum !== null && maximum !== null && (value < minimum || value > maximum)) {
    return t("Give a number from {minimum} to {maximum}.", { minimum, maximum });
  }
  if (minimum !== null && value < minimum) return t("Give at least {minimum}.", { minimum });
  if (maximum !== null && value > maximum) return t("Give at most {maximum}.", { maximum });
  return precision === 0 && !Number.isInteger(value) ? t("Give a whole number.") : "";
}
