/** Streamed audio that was heard: it can be played again until something else is shown in its place. */

import type { AudioView } from "../states.ts";

export class Replays {
  private readonly addresses = new Map<number, string | null>();
  private readonly show: (component: number, audio: AudioView | null) => void;

  constructor(show: (component: number, audio: AudioView | null) => void) {
    this.show = show;
  }

  keep(component: number, file: Blob | null, problem: string): void {
    this.forget(component);
    const address = file && URL.createObjectURL(file);
    this.addresses.set(component, address);
    this.show(component, { state: "over", address, problem });
  }

  forget(component: number): void {
    const address = this.addresses.get(component);
    if (address) URL.revokeObjectURL(address);
    if (this.addresses.delete(component)) this.show(component, null);
  }
}
