import { html, render } from "lit";
import { live } from "lit/directives/live.js";
import type { Leaf, LeafProps } from "../elements/base.ts";
import type { AddOn } from "../elements/parts/add_ons.ts";
import { customElement } from "../elements/parts/define.ts";
import type { Choice } from "../elements/parts/options.ts";
import "../styles/selectall.css";
import { t } from "../words.ts";

interface GroupProps extends LeafProps {
  value: readonly unknown[] | null;
  choices: readonly Choice[];
}

/** The checkbox above a group that selects all of its choices, or none. */
@customElement("ms-selectall")
export class SelectAll extends HTMLElement implements AddOn<Leaf<GroupProps>> {
  show(group: Leaf<GroupProps>): void {
    const values = [...new Set(group.props.choices.map(([, value]) => value))];
    const chosen = values.filter((value) => group.props.value?.includes(value)).length;
    const isAll = chosen === values.length;
    const pick = ({ target }: Event): void => group.edit((target as HTMLInputElement).checked ? values : []);
    this.hidden = values.length === 0;
    const options = group.querySelector(".ms-options");
    if (options?.previousElementSibling !== this) options?.before(this);
    const box = html`<label class="ms-option">
      <input type="checkbox" .checked=${live(isAll)} .indeterminate=${live(chosen > 0 && !isAll)} @change=${pick} />
      <span>${t("Select all")}</span>
    </label>`;
    render(box, this);
  }
}
