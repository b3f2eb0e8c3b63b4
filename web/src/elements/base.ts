/** The base of every component of the page: properties from above, events upwards, light DOM, the label and the help. */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";
import { EDIT, emit, FIRE } from "../constants.ts";
import type { Capability } from "../manifest.ts";
import type { RunView } from "../states.ts";
import { heard, t } from "../words.ts";
import { AddOns } from "./parts/add_ons.ts";
import type { Dress } from "./parts/common_props.ts";
import { errorText } from "./parts/error_text.ts";
import { icon } from "./parts/icons.ts";

/** The properties that every component has (docs/internals/protocol.md). */
export interface LeafProps extends Dress {
  label: string | null;
  info: string | null;
  show_label: boolean;
  container: boolean;
  interactive: boolean;
  value: unknown;
  /** The types of its add-ons; left out if no option of it ever asked for one. */
  addons?: readonly string[];
}

/** The most characters of the text in an event of the keyboard or the clipboard; the value itself is complete. */
const MAX_TOLD = 10_000;

/** A component: a leaf of the tree. It renders into its own children, so that the app's style sheet reaches inside. */
export abstract class Leaf<P extends LeafProps = LeafProps> extends LitElement {
  /** The component's properties; replaced as a whole when some of them change. */
  @property({ attribute: false }) props!: P;
  /** The event run that will write this component, if one is under way or has failed; null otherwise. */
  @property({ attribute: false }) run: RunView | null = null;
  /** The component's number in the manifest. */
  component = -1;
  /** The events that the app listens to: others need not look clickable. */
  listens: ReadonlySet<string> = new Set();
  /** The occasion on which the app writes it, in words: "when you press Record"; empty if there is none to name. */
  occasion = "";
  /** True if its value is empty because a handler that was to fill it gave nothing. */
  isEmptied = false;
  /** The component's capabilities, by its declaration. */
  capabilities: ReadonlySet<Capability> = new Set();

  constructor() {
    super();
    this.addController(new AddOns(this));
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Of a component that is a button, a script's click presses that. */
  override click(): void {
    const button = this.querySelector<HTMLElement>(":scope > .ms-button");
    if (button) button.click();
    else super.click();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (this.isOutdated(changed)) this.run = null;
  }

  /** True if a run has failed but a newer value has arrived since, which the failure does not concern. */
  private isOutdated(changed: PropertyValues): boolean {
    if (this.run?.state !== "failed" || changed.has("run") || !changed.has("props")) return false;
    return (changed.get("props") as P | undefined)?.value !== this.props.value;
  }

  /** The name that assistive technology gives this component. */
  protected get name(): string {
    return this.props.label || this.localName.replace("ms-", "");
  }

  /** The id of the control that the label points at. */
  protected get control(): string {
    return `ms-${this.component}-control`;
  }

  /** True if the label stands above the control; otherwise the control carries it as `aria-label`. */
  protected get captioned(): boolean {
    return Boolean(this.props.label) && this.props.show_label && this.props.container;
  }

  /** The user gave the component a value. */
  edit(value: P["value"], event: string | null = "input"): void {
    this.props = { ...this.props, value };
    emit(this, EDIT, { component: this.component, value });
    if (event !== null) this.fire(event);
  }

  /** The user took the value away. */
  protected discard(): void {
    this.edit(null);
    this.fire("clear");
  }

  protected fire(event: string, data?: unknown): void {
    emit(this, FIRE, { component: this.component, event, data });
  }

  /** For `@keyup` of a field: says which key was let go of. */
  protected keyUp({ key, target }: KeyboardEvent): void {
    const input_value = (target as HTMLInputElement).value.slice(0, MAX_TOLD);
    if (this.listens.has("key_up")) this.fire("key_up", { key, input_value });
  }

  /** For `@copy`, and for buttons that copy `value`: says what was copied. */
  protected copying(_: unknown, value = String(this.ownerDocument.getSelection())): void {
    if (this.listens.has("copy")) this.fire("copy", { index: 0, value: value.slice(0, MAX_TOLD) });
  }

  /** The label above the control, with any content at its end. */
  protected caption(end: unknown = nothing): TemplateResult | typeof nothing {
    if (!this.captioned && end === nothing) return nothing;
    const label = this.captioned ? html`<label for=${this.control}>${this.props.label}</label>` : html`<span></span>`;
    return html`<div class="ms-caption">${label}${end}</div>`;
  }

  /** Help and errors under the control; a media frame shows failed runs itself and passes none. */
  protected notes(problem = "", run: RunView | null = this.run): TemplateResult {
    const failed = run?.state === "failed" ? run.message || t("Something went wrong.") : "";
    return html`
      ${this.props.info ? html`<p class="ms-info" id="${this.control}-info">${this.props.info}</p>` : nothing}
      ${problem ? html`<p class="ms-problem" id="${this.control}-problem">${heard(problem)}</p>` : nothing}
      ${failed ? html`<p class="ms-problem ms-failed">${icon("error")} <span>${errorText(failed)}</span></p>` : nothing}
    `;
  }

  /** The ids of the notes, for `aria-describedby`. */
  protected described(problem = ""): string | typeof nothing {
    const ids = [];
    if (this.props.info) ids.push(`${this.control}-info`);
    if (problem) ids.push(`${this.control}-problem`);
    return ids.length > 0 ? ids.join(" ") : nothing;
  }
}
