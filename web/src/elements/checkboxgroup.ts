import { html, type TemplateResult } from "lit";
import { Leaf, type LeafProps } from "./base.ts";
import { customElement } from "./parts/define.ts";
import { type Choice, options } from "./parts/options.ts";
import { progress } from "./parts/run.ts";

interface CheckboxGroupProps extends LeafProps {
  value: readonly unknown[] | null;
  choices: readonly Choice[];
}

/** Any of a few. The value keeps the order of the choices. */
@customElement("ms-checkboxgroup")
export class CheckboxGroup extends Leaf<CheckboxGroupProps> {
  protected override render(): TemplateResult {
    const chosen = this.props.value ?? [];
    return html`
      ${options({
        kind: "checkbox",
        name: this.control,
        described: this.described(),
        legend: this.captioned ? this.props.label : null,
        label: this.name,
        choices: this.props.choices,
        interactive: this.props.interactive,
        isChosen: (value) => chosen.includes(value),
        pick: (index, checked) => this.pick(index, checked),
      })}
      ${progress(this.run)}${this.notes()}
    `;
  }

  private pick(index: number, checked: boolean): void {
    const picked = this.props.choices[index]?.[1];
    const before = this.props.value ?? [];
    const after = this.props.choices
      .map(([, value]) => value)
      .filter((value) => (value === picked ? checked : before.includes(value)));
    this.edit(after);
    this.fire("select", { index, value: picked, selected: checked });
  }
}
