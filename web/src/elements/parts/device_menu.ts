import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { type DeviceEntry, type DeviceKind, listDevices, watchDevices } from "../../capture/devices.ts";
import { DEVICE, emit } from "../../constants.ts";
import { t } from "../../words.ts";
import { customElement } from "./define.ts";
import { icon } from "./icons.ts";
import { close, open, watch } from "./popover.ts";

/** The choice of camera or microphone: a menu, or a front and rear switch on phones. Hidden if there is only one device. */
@customElement("ms-devices")
export class DeviceMenu extends LitElement {
  @property({ attribute: false }) kind: DeviceKind = "camera";
  /** True if it chooses the microphone of a component that has a menu for its camera as well. */
  @property({ attribute: false }) beside = false;
  @property({ attribute: false }) component = -1;
  /** Id of the device in use; empty before the first recording. */
  @property({ attribute: false }) current = "";
  /** True if the camera in use faces the user. */
  @property({ attribute: false }) front = true;
  @state() private devices: readonly DeviceEntry[] = [];
  @state() private expanded = false;
  private chosen = "";
  private readonly undo: (() => void)[] = [];

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.undo.push(watchDevices(() => void this.refresh()));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const undo of this.undo.splice(0)) undo();
  }

  protected override willUpdate(changed: PropertyValues): void {
    // Browsers reveal the names of devices only after one of them was allowed.
    if (changed.has("current")) void this.refresh();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.devices.length < 2) return nothing;
    const name = this.kind === "camera" ? t("Choose a camera") : t("Choose a microphone");
    return html`
      <button
        class="ms-tool" type="button" title=${name} aria-haspopup="menu" aria-expanded=${this.expanded}
        @click=${this.toggle} @keydown=${this.onButtonKey}
      >${icon(this.beside ? "microphone" : "devices")}<span class="ms-sr">${name}</span></button>
      ${this.kind === "camera" && matchMedia("(pointer: coarse)").matches ? this.flipButton() : nothing}
      <ul class="ms-list ms-menu" role="menu" aria-label=${name} popover="auto" @toggle=${this.onToggle} @keydown=${this.onMenuKey}>
        ${this.devices.map((device, index) => this.entry(device, index))}
      </ul>
    `;
  }

  private entry(device: DeviceEntry, index: number): TemplateResult {
    const current = device.id === (this.current || this.chosen || this.devices[0]?.id);
    const label = device.label || `${this.kind === "camera" ? t("Camera") : t("Microphone")} ${index + 1}`;
    return html`<li role="menuitemradio" tabindex="-1" aria-checked=${current} @click=${() => this.choose(device.id)}>
      <span>${label}</span>${current ? icon("check") : nothing}
    </li>`;
  }

  private flipButton(): TemplateResult {
    return html`<button class="ms-tool" type="button" title=${t("Turn the camera")} @click=${this.flip}>
      ${icon("flip")}<span class="ms-sr">${t("Turn the camera")}</span>
    </button>`;
  }

  private get menu(): HTMLElement | null {
    return this.querySelector<HTMLElement>(".ms-menu");
  }

  private async refresh(): Promise<void> {
    this.devices = await listDevices(this.kind);
  }

  private toggle(): void {
    if (!this.menu) return;
    if (this.expanded) close(this.menu);
    else open(this.menu, this, false);
  }

  private onToggle(event: Event): void {
    this.expanded = (event as ToggleEvent).newState === "open";
    const menu = this.menu;
    if (!this.expanded || !menu) return;
    const entry = menu.querySelector<HTMLElement>("[aria-checked=true]") ?? menu.querySelector<HTMLElement>("li");
    entry?.focus();
    const end = watch((moved) => {
      if (moved.target === menu) return;
      close(menu);
      end();
    });
  }

  private onButtonKey(event: KeyboardEvent): void {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    if (!this.expanded) this.toggle();
  }

  private onMenuKey(event: KeyboardEvent): void {
    const entries = [...(this.menu?.querySelectorAll<HTMLElement>("li") ?? [])];
    const at = entries.indexOf(document.activeElement as HTMLElement);
    const steps: { [key: string]: number } = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
    const to = steps[event.key];
    if (to !== undefined) entries.at(to % entries.length)?.focus();
    else if (event.key === "Enter" || event.key === " ") entries[at]?.click();
    else return;
    event.preventDefault();
  }

  private choose(device: string): void {
    this.chosen = device;
    if (this.menu) close(this.menu);
    this.querySelector("button")?.focus();
    emit(this, DEVICE, { component: this.component, ...(this.beside ? { microphone: device } : { device }) });
  }

  private flip(): void {
    this.front = !this.front;
    emit(this, DEVICE, { component: this.component, facing: this.front ? "user" : "environment" });
  }
}
