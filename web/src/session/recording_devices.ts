/** The devices that components record with: chosen by app and user, and opened here. */

import type { AvDevice } from "../capture/av_device.ts";
import { openAvDevice } from "../capture/av_device.ts";
import { type Camera, type CameraWish, openCamera } from "../capture/camera.ts";
import type { DeviceName } from "../capture/devices.ts";
import { type Microphone, type MicrophoneWish, openMicrophone } from "../capture/microphone.ts";
import type { MicrophoneFormat } from "../codecs/types.ts";
import type { DeviceChoice } from "../constants.ts";
import type { Manifest } from "../manifest.ts";
import { streamsOf } from "./binding_inputs.ts";
import { scriptOf } from "./captures.ts";
import type { Store } from "./store.ts";

export type OpenedDevice =
  | { kind: "camera"; device: Camera }
  | { kind: "microphone"; device: Microphone }
  | { kind: "av"; device: AvDevice };

/** The ids of opened devices. */
export function partsOf(opened: OpenedDevice): { camera: Camera | null; microphone: Microphone | null } {
  if (opened.kind === "av") return opened.device;
  return opened.kind === "camera"
    ? { camera: opened.device, microphone: null }
    : { camera: null, microphone: opened.device };
}

export class RecordingDevices {
  private readonly manifest: Manifest;
  private readonly store: Store;
  private readonly choices = new Map<number, DeviceChoice>();
  /** The format of each microphone that records: another one in place of it delivers the same. */
  private readonly formats = new Map<number, MicrophoneFormat>();

  constructor(manifest: Manifest, store: Store) {
    this.manifest = manifest;
    this.store = store;
  }

  /** The user's choice; empty for none. */
  choice(component: number): DeviceChoice {
    return this.choices.get(component) ?? {};
  }

  /** Remembers a choice. The choice of a camera leaves the microphone unchanged, and the other way round. */
  choose(component: number, { device, facing, microphone }: DeviceChoice): DeviceChoice {
    const before = this.choice(component);
    const chosen = microphone ? { ...before, microphone } : { device, facing, microphone: before.microphone };
    this.choices.set(component, chosen);
    return chosen;
  }

  /** The name of its devices, for the user. */
  name(component: number): DeviceName {
    const kind = this.kind(component);
    return kind === "av" ? "camera or microphone" : kind;
  }

  /** Asks for what a component records with. Throws `DeviceError`. */
  async open(component: number, choice: DeviceChoice): Promise<OpenedDevice> {
    const kind = this.kind(component);
    if (kind === "camera") return { kind, device: await openCamera(this.cameraWish(component, choice)) };
    if (kind === "microphone") return { kind, device: await openMicrophone(this.microphoneWish(component, choice)) };
    const wish = this.microphoneWish(component, { device: choice.microphone });
    return { kind, device: await openAvDevice(this.cameraWish(component, choice), wish) };
  }

  /** A microphone records from now on. */
  keepFormat(component: number, { format }: Microphone): void {
    this.formats.set(component, format);
  }

  /** The recording is over. */
  forgetFormat(component: number): void {
    this.formats.delete(component);
  }

  private kind(component: number): OpenedDevice["kind"] {
    const hasCamera = this.store.can(component, "captures_frames");
    const hasMicrophone = this.store.can(component, "captures_audio");
    if (hasCamera && hasMicrophone) return "av";
    return hasCamera ? "camera" : "microphone";
  }

  private cameraWish(component: number, choice: DeviceChoice): CameraWish {
    const props = this.store.props(component);
    const constraints = (props["constraints"] ?? null) as MediaTrackConstraints | null;
    const size = (props["size"] ?? null) as [number, number] | null;
    const mirror = (props["mirror"] ?? null) as boolean | null;
    return { constraints, size, mirror, choice, script: scriptOf(this.manifest) };
  }

  private microphoneWish(component: number, choice: DeviceChoice): MicrophoneWish {
    const props = this.store.props(component);
    const declared = (props["constraints"] ?? null) as MediaTrackConstraints | null;
    // What a component with a camera says of tracks without a name is about its camera.
    const constraints = this.kind(component) === "av" && declared && !("audio" in declared) ? null : declared;
    const format = this.formats.get(component);
    const rate = format?.rate ?? ((props["sample_rate"] ?? null) as number | null);
    const channels = format?.channels ?? ((props["channels"] ?? null) as number | null);
    const worklet = new URL(this.manifest.assets.microphone_worklet, document.baseURI).href;
    const everyS = Math.max(0, ...streamsOf(this.manifest, component).map(({ stream }) => stream?.every_s ?? 0));
    return { constraints, rate, channels, everyS, choice, worklet };
  }
}
