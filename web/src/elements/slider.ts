import { html, nothing, type TemplateResult } from "lit";
import { t } from "../words.ts";
import { Leaf, type LeafProps } from "./base.ts";
import { customElement } from "./parts/define.ts";
import { icon } from "./parts/icons.ts";
import { progress } from "./parts/run.ts";
import { styled } from "./parts/styled.ts";

interface SliderProps extends LeafProps {
  value: number | null;
  minimum: number;
  maximum: number;
  step: number | null;
  buttons: readonly string[];
}

/** A number between two others, dragged or typed. */
@customElement("ms-slider")
export class Slider extends Leaf<SliderProps> {
  /** The value that Reset restores: the one that the page began with. */
  private first: number | null = null;

  private get value(): number {
    return this.props.value ?? this.props.minimum;
  }

  protected override render(): TemplateResult {
    const { minimum, maximum, interactive } = this.props;
    this.first ??= this.value;
    const part = maximum > minimum ? (this.value - minimum) / (maximum - minimum) : 0;
    return html`
      ${this.caption(html`${this.resetButton()}${this.chip()}`)}
      <div class="ms-track">
        <span aria-hidden="true">${minimum}</span>
        <input
          id=${this.control} type="range" min=${minimum} max=${maximum} step=${this.props.step ?? "any"}
          .value=${String(this.value)} ?disabled=${!interactive} ${styled({ "--ms-part": part })}
          aria-label=${this.captioned ? nothing : this.name} aria-describedby=${this.described()}
          @input=${this.onDrag} @change=${() => this.fire("release")}
        />
        <span aria-hidden="true">${maximum}</span>
      </div>
      ${progress(this.run)}${this.notes()}
    `;
  }

  private chip(): TemplateResult {
    const { minimum, maximum, interactive } = this.props;
    return html`<input
      class="ms-number-chip" type="number" aria-label=${t("Value")} min=${minimum} max=${maximum}
      step=${this.props.step ?? "any"} .value=${String(this.value)} ?disabled=${!interactive} @change=${this.onType}
      ${styled({ "--ms-digits": digits(this.props) })}
    />`;
  }

  private resetButton(): TemplateResult | typeof nothing {
    if (!this.props.buttons?.includes("reset") || !this.props.interactive) return nothing;
    return html`<button
      class="ms-tool ms-small" type="button" title=${t("Reset")} ?disabled=${this.value === this.first} @click=${this.reset}
    >${icon("reset")}<span class="ms-sr">${t("Reset")}</span></button>`;
  }

  private onDrag(event: Event): void {
    this.edit((event.target as HTMLInputElement).valueAsNumber);
  }

  private onType(event: Event): void {
    const field = event.target as HTMLInputElement;
    const value = snap(field.value === "" ? this.value : field.valueAsNumber, this.props);
    field.value = String(value);
    this.set(value);
  }

  private reset(): void {
    if (this.first !== null) this.set(this.first);
  }

  private set(value: number): void {
    this.edit(value);
    this.fire("release");
  }
}

/** The nearest value that the slider can take. */
export function snap(
  value: number,
  { minimum, maximum, step }: Pick<SliderProps, "minimum" | "maximum" | "step">,
): number {
  const within = Math.min(maximum, Math.max(minimum, value));
  if (!step) return within;
  const steps = Math.round((within - minimum) / step);
  const snapped = minimum + steps * step;
  // 0.1 + 2 * 0.1 is not 0.3: round to the decimals of the step and the minimum.
  return Number(Math.min(maximum, snapped).toFixed(Math.max(decimals(step), decimals(minimum))));
}

/** The number of characters of the longest value. */
function digits({ minimum, maximum, step }: Pick<SliderProps, "minimum" | "maximum" | "step">): number {
  const places = step ? Math.max(decimals(step), decimals(minimum)) : 0;
  return Math.max(...[minimum, maximum].map((end) => end.toFixed(places).length));
}

function decimals(value: number): number {
  const [mantissa = "", exponent = "0"] = String(value).split("e");
  return Math.max(0, (mantissa.split(".")[1]?.length ?? 0) - Number(exponent));
}
