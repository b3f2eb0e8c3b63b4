/** A component within a message: it shows something there, and nobody edits it. */
import { LitElement, nothing, type PropertyValues } from "lit";
import { property } from "lit/decorators.js";
import { CANCEL, DEVICE, EDIT, emit, FIRE, LISTEN, NEED, RECORD, UPLOAD, WATCH } from "../../constants.ts";
import { customElement } from "./define.ts";

/** Requests of an element to the session: in a message nobody answers them. */
const REQUESTS = [CANCEL, DEVICE, EDIT, FIRE, LISTEN, RECORD, UPLOAD, WATCH];
/** A component's element, as far as it matters here. */
type EmbeddedElement = HTMLElement & { component: number; props: object };

/** Numbers that no component of an app has, for the ids within the elements. */
let next = -1000;

@customElement("ms-embedded")
export class Embedded extends LitElement {
  @property({ attribute: false }) type = "";
  @property({ attribute: false }) given: Record<string, unknown> = {};
  @property({ attribute: false }) value: unknown = null;
  private inner: EmbeddedElement | null = null;

  constructor() {
    super();
    for (const request of REQUESTS) this.addEventListener(request, (event) => event.stopPropagation());
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): typeof nothing {
    return nothing;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("type")) this.begin();
    else this.show();
  }

  private begin(): void {
    const { type } = this;
    const name = `ms-${type}`;
    this.inner?.remove();
    this.inner = null;
    if (!/^[a-z0-9]+$/.test(type)) return;
    if (!customElements.get(name)) emit(this, NEED, { type });
    void customElements.whenDefined(name).then(() => {
      if (type !== this.type || this.inner) return;
      this.inner = document.createElement(name) as EmbeddedElement;
      this.inner.component = next--;
      this.show();
      this.append(this.inner);
    });
  }

  private show(): void {
    if (this.inner) this.inner.props = { ...this.given, value: this.value };
  }
}
