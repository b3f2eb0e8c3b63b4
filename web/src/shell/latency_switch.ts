/** Switches the latency on show, by the app's wish at first, then by Alt+L; what shows it is loaded when it is needed. */

import { emit, WATCH } from "../constants.ts";
import type { LatencyDisplay } from "../latency/latency_display.ts";
import type { Manifest } from "../manifest.ts";
import type { LatencyView } from "../playback/latency_view.ts";

/** The script that shows it, once it is loaded. */
export type LatencyScript = typeof import("../latency/latency_display.ts");

/** Controls in which keys write. */
const WRITABLE = "textarea, select, input:not([type=range], [type=checkbox], [type=radio], [type=button])";

export class LatencySwitch {
  private isOn: boolean;
  private display: Promise<LatencyDisplay> | null = null;
  private readonly address: string;
  private readonly root: HTMLElement;
  private readonly elementOf: (component: number) => HTMLElement | null;

  constructor(manifest: Manifest, root: HTMLElement, elementOf: (component: number) => HTMLElement | null) {
    this.isOn = manifest.latency;
    this.address = manifest.assets.latency;
    this.root = root;
    this.elementOf = elementOf;
    document.addEventListener("keydown", (event) => this.press(event));
  }

  /** The page connects: whoever measures the latency is told if it is wanted. */
  begin(): void {
    if (this.isOn) emit(this.root, WATCH, { on: true });
  }

  show(component: number, view: LatencyView | null): void {
    if (this.isOn) this.use((display) => display.show(component, this.isOn ? view : null));
  }

  private press(event: KeyboardEvent): void {
    if (!isSwitch(event)) return;
    event.preventDefault();
    this.isOn = !this.isOn;
    emit(this.root, WATCH, { on: this.isOn });
    this.use((display) => (this.isOn ? display.announce() : display.clear()));
  }

  /** Does something with the display as soon as it is loaded; if that fails, the next time tries again. */
  private use(act: (display: LatencyDisplay) => void): void {
    const address = new URL(this.address, document.baseURI).href;
    this.display ??= (import(/* @vite-ignore */ address) as Promise<LatencyScript>).then(
      ({ LatencyDisplay: Display }) => new Display(this.root, this.elementOf),
    );
    this.display.then(act, () => {
      this.display = null;
    });
  }
}

/** Alt+L, but where somebody writes: there it may be a letter. The place of the key counts, as Alt changes its letter. */
function isSwitch({ code, altKey, ctrlKey, metaKey, shiftKey, repeat, target }: KeyboardEvent): boolean {
  if (code !== "KeyL" || !altKey || ctrlKey || metaKey || shiftKey || repeat) return false;
  return !(target instanceof HTMLElement && (target.isContentEditable || target.matches(WRITABLE)));
}
