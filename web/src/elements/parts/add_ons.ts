/** Add-ons: late elements within the element of a component, for options that few apps use. */
import type { ReactiveController } from "lit";
import { emit, NEED } from "../../constants.ts";

/** An element with add-ons: its properties name their types. */
interface Extensible extends HTMLElement {
  props: { addons?: readonly string[] };
}

/** An element that adds something to the one of a component, in which it stands. */
export interface AddOn<Extended = Extensible> extends HTMLElement {
  /** Called whenever the element of the component has rendered; missing until its own script is there. */
  show?(extended: Extended): void;
}

/** The add-ons of one element. */
export class AddOns implements ReactiveController {
  private readonly shown = new Map<string, AddOn>();

  constructor(private readonly host: Extensible) {}

  hostUpdated(): void {
    const { host, shown } = this;
    const types = host.props.addons ?? [];
    for (const [type, addOn] of shown) if (!types.includes(type) && shown.delete(type)) addOn.remove();
    for (const type of types) (shown.get(type) ?? this.add(type)).show?.(host);
  }

  /** Adds one; if its script has yet to come, it is shown as soon as it is there. */
  private add(type: string): AddOn {
    const tag = `ms-${type}`;
    const addOn = document.createElement(tag) as AddOn;
    this.shown.set(type, addOn);
    this.host.append(addOn);
    if (!customElements.get(tag)) {
      emit(this.host, NEED, { type });
      void customElements.whenDefined(tag).then(() => addOn.show?.(this.host));
    }
    return addOn;
  }
}
