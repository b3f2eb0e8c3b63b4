import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { Leaf, type LeafProps } from "./base.ts";
import { customElement } from "./parts/define.ts";
import { progress } from "./parts/run.ts";

interface CheckboxProps extends LeafProps {
  value: boolean | null;
}

/** Yes or no, with the label beside the box. */
@customElement("ms-checkbox")
export class Checkbox extends Leaf<CheckboxProps> {
  protected override render(): TemplateResult {
    return html`
      <label class="ms-option">
        <input
          id=${this.control} type="checkbox" .checked=${live(this.props.value === true)} ?disabled=${!this.props.interactive}
          aria-label=${this.props.show_label ? nothing : this.name} aria-describedby=${this.described()} @change=${this.onChange}
        />
        ${this.props.show_label ? html`<span>${this.name}</span>` : nothing}
      </label>
      ${progress(this.run)}${this.notes()}
    `;
  }

  private onChange(event: Event): void {
    const { checked } = event.target as HTMLInputElement;
    this.edit(checked);
    this.fire("select", { index: null, value: this.name, selected: checked });
  }
}
