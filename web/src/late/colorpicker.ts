import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import { Leaf, type LeafProps } from "../elements/base.ts";
import { customElement } from "../elements/parts/define.ts";
import { progress } from "../elements/parts/run.ts";
import { styled } from "../elements/parts/styled.ts";
import { type Rgba, readColor, writeColor } from "./colorpicker/colors.ts";
import "../styles/colorpicker.css";
import { t } from "../words.ts";

interface ColorPickerProps extends LeafProps {
  value: string | null;
}

const NONE: Rgba = { red: 0, green: 0, blue: 0, alpha: 1 };

/** A colour: the browser's own picker, its opacity, and its notation, which can be typed. */
@customElement("ms-colorpicker")
export class ColorPicker extends Leaf<ColorPickerProps> {
  @state() private problem = "";
  /** The text that is no colour, for as long as it stands there. */
  private draft: string | null = null;

  private get color(): Rgba {
    return readColor(this.props.value ?? "") ?? NONE;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const before = changed.get("props") as ColorPickerProps | undefined;
    if (before && before.value !== this.props.value) [this.problem, this.draft] = ["", null];
  }

  protected override render(): TemplateResult {
    const { value, interactive } = this.props;
    const { color, name, problem } = this;
    const fill = { "--ms-color": value === null ? "transparent" : value };
    return html`
      ${this.caption()}
      <div class="ms-color ms-input" ?data-off=${!interactive}>
        <span class="ms-color-swatch" ?data-empty=${value === null} ${styled(fill)}><input
          type="color" aria-label=${t("{name}: pick", { name })} .value=${live(writeColor({ ...color, alpha: 1 }, "#"))} ?disabled=${!interactive}
          @input=${this.onPick} @change=${() => this.fire("release")}
        /></span>
        <input
          id=${this.control} type="text" spellcheck="false" autocomplete="off" placeholder=${t("none")} ?readonly=${!interactive}
          aria-label=${this.captioned ? nothing : name} aria-describedby=${this.described(problem)} aria-invalid=${problem ? "true" : nothing}
          .value=${live(this.draft ?? value ?? "")} @change=${this.onType} @keydown=${this.onKey}
          @focus=${() => this.fire("focus")} @blur=${() => this.fire("blur")}
        />
        <input
          class="ms-opacity" type="range" min="0" max="100" aria-label=${t("{name}: opacity in per cent", { name })} title=${t("Opacity")} ?disabled=${!interactive}
          .value=${live(String(Math.round(color.alpha * 100)))} @input=${this.onFade} @change=${() => this.fire("release")}
        />
      </div>
      ${progress(this.run)}${this.notes(problem)}
    `;
  }

  private choose(color: Rgba): void {
    this.problem = "";
    this.draft = null;
    this.edit(writeColor(color, this.props.value ?? "#"));
  }

  private onPick(event: Event): void {
    const picked = readColor((event.target as HTMLInputElement).value);
    if (picked) this.choose({ ...picked, alpha: this.color.alpha });
  }

  private onFade(event: Event): void {
    this.choose({ ...this.color, alpha: Number((event.target as HTMLInputElement).value) / 100 });
  }

  private onType(event: Event): void {
    const text = (event.target as HTMLInputElement).value.trim();
    const color = readColor(text);
    this.problem = text && !color ? t("Write a colour such as #ff8800 or rgba(255, 136, 0, 0.5).") : "";
    this.draft = this.problem ? text : null;
    if (color) this.edit(writeColor(color, text));
    else if (!text) this.edit(null);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.isComposing || !this.props.interactive) return;
    this.onType(event);
    if (!this.problem) this.fire("submit");
  }
}
