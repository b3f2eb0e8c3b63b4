import { html, type TemplateResult } from "lit";
import { Leaf, type LeafProps } from "./base.ts";
import { customElement } from "./parts/define.ts";
import { type Choice, options } from "./parts/options.ts";
import { progress } from "./parts/run.ts";

interface RadioProps extends LeafProps {
  choices: readonly Choice[];
  rtl?: boolean;
}

/** One of a few choices, all of them visible. */
@customElement("ms-radio")
export class Radio extends Leaf<RadioProps> {
  protected override render(): TemplateResult {
    return html`
      ${options({
        kind: "radio",
        name: this.control,
        described: this.described(),
        legend: this.captioned ? this.props.label : null,
        label: this.name,
        choices: this.props.choices,
        rtl: this.props.rtl,
        interactive: this.props.interactive,
        isChosen: (value) => value === this.props.value,
        pick: (index) => this.pick(index),
      })}
      ${progress(this.run)}${this.notes()}
    `;
  }

  private pick(index: number): void {
    const value = this.props.choices[index]?.[1];
    this.edit(value);
    this.fire("select", { index, value, selected: true });
  }
}
