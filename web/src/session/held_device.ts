/** The device of one recording: opened, changed for another one, released while the page rests, closed. */

import { DeviceError, trouble } from "../capture/devices.ts";
import type { DeviceChoice } from "../constants.ts";
import type { Trouble } from "../states.ts";
import { watchOpened } from "./device_watch.ts";
import type { OpenedDevice } from "./recording_devices.ts";

export interface HeldDeviceEvents {
  /** Asks for the device. Rejects with `DeviceError`. */
  open(choice: DeviceChoice): Promise<OpenedDevice>;
  /** True as long as it is needed. */
  isNeeded(): boolean;
  opened(opened: OpenedDevice): void;
  /** It cannot be had, or not any longer; null for an error that nobody expects. */
  failed(trouble: Trouble | null): void;
}

export class HeldDevice {
  private readonly events: HeldDeviceEvents;
  private opened: OpenedDevice | null = null;
  private endWatch = (): void => {};
  private choice: DeviceChoice = {};
  private isResting = false;

  constructor(events: HeldDeviceEvents) {
    this.events = events;
  }

  /** Opens the chosen device, or that of a newer choice; false if there is none, or if it is not needed any more. */
  async open(choice: DeviceChoice): Promise<boolean> {
    try {
      return await this.ask(choice);
    } catch (error) {
      // The user is told so much, and the console all of it.
      this.close();
      this.events.failed(null);
      throw error;
    }
  }

  /** Another device takes over. */
  async change(choice: DeviceChoice): Promise<void> {
    this.choice = choice;
    // While one is being opened, `open` finds the newer choice.
    if (!this.events.isNeeded() || !this.opened) return;
    // Phones give a second camera only when the first is free.
    this.close();
    await this.open(choice);
  }

  /** The page rests, or the system has taken the device from a page in the background: it is released until `wake`. */
  rest(): void {
    if (!this.opened) return;
    this.close();
    this.isResting = true;
  }

  /** The page is in front again: the device that was released is asked for, once. */
  async wake(): Promise<void> {
    if (!this.isResting || !this.events.isNeeded()) return;
    this.isResting = false;
    await this.open(this.choice);
  }

  close(): void {
    this.endWatch();
    this.opened?.device.close();
    this.opened = null;
  }

  private async ask(choice: DeviceChoice): Promise<boolean> {
    this.choice = choice;
    let opened: OpenedDevice;
    try {
      opened = await this.events.open(choice);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      if (this.events.isNeeded() && choice !== this.choice) return this.ask(this.choice);
      this.events.failed(error.trouble);
      return false;
    }
    if (!this.events.isNeeded() || choice !== this.choice) {
      opened.device.close();
      return this.events.isNeeded() && this.ask(this.choice);
    }
    this.opened = opened;
    this.endWatch = watchOpened(opened, {
      unplugged: (kind) => this.events.failed(trouble("unplugged", kind)),
      taken: () => {
        this.rest();
        if (!document.hidden) void this.wake();
      },
    });
    this.events.opened(opened);
    return true;
  }
}
