import type { Leaf, LeafProps } from "../elements/base.ts";
import type { AddOn } from "../elements/parts/add_ons.ts";
import { customElement } from "../elements/parts/define.ts";
import "../styles/toolbar.css";

interface ToolProps extends LeafProps {
  /** The numbers of the buttons. */
  own_buttons?: readonly number[];
}

/**
 * The app's own buttons at the top of a component. They are elements like any others, which the shell has put elsewhere:
 * here they only get another place, so that whatever changes them goes on doing so.
 */
@customElement("ms-toolbar")
export class Toolbar extends HTMLElement implements AddOn<Leaf<ToolProps>> {
  show(leaf: Leaf<ToolProps>): void {
    const wanted = leaf.props.own_buttons ?? [];
    const everywhere = [...document.querySelectorAll<Leaf>("ms-button, ms-uploadbutton, ms-downloadbutton")];
    const buttons = everywhere.filter(({ component }) => wanted.includes(component));
    buttons.sort((a, b) => wanted.indexOf(a.component) - wanted.indexOf(b.component));
    if (buttons.some((button) => button.parentElement !== this)) this.replaceChildren(...buttons);
    const place = leaf.querySelector(":scope > :is(.ms-caption, .ms-frame), :scope > fieldset > .ms-caption");
    if (place && this.parentElement !== place) place.append(this);
    else if (!place && leaf.firstElementChild !== this) leaf.prepend(this);
  }
}
