/** Cameras and microphones: which there are, how to open one, and what to say when that fails. */

import type { DeviceChoice } from "../constants.ts";
import { errorName } from "../media/browser_answers.ts";
import type { Trouble, TroubleCode } from "../states.ts";
import { t } from "../words.ts";

export type DeviceKind = "camera" | "microphone";

/** The name of a device, for the user. */
export type DeviceName = DeviceKind | "camera or microphone";

export interface DeviceEntry {
  id: string;
  /** The browser's name for it; empty until the user has allowed a device of this kind. */
  label: string;
}

/** A device could not be opened, or was taken away. */
export class DeviceError extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super(trouble.message);
    this.name = "DeviceError";
    this.trouble = trouble;
  }
}

/** Lists the devices of a kind; empty where the browser hides them (insecure page, nothing allowed yet). */
export async function listDevices(kind: DeviceKind): Promise<DeviceEntry[]> {
  const devices = await navigator.mediaDevices?.enumerateDevices();
  const wanted = kind === "camera" ? "videoinput" : "audioinput";
  return (devices ?? [])
    .filter((device) => device.kind === wanted && device.deviceId !== "")
    .map((device) => ({ id: device.deviceId, label: device.label }));
}

/** Calls `changed` whenever a device is plugged in or out; returns what ends that. */
export function watchDevices(changed: () => void): () => void {
  const devices = navigator.mediaDevices;
  devices?.addEventListener("devicechange", changed);
  return () => devices?.removeEventListener("devicechange", changed);
}

/** Opens a device. Whoever calls stops its tracks. Throws `DeviceError`. */
export async function openDevice(kind: DeviceKind, constraints: MediaTrackConstraints): Promise<MediaStream> {
  const wanted = kind === "camera" ? { video: constraints, audio: false } : { audio: constraints, video: false };
  return ask(wanted, async () => kind);
}

/**
 * Opens a camera and a microphone, which asks the user once; a machine without a microphone gives the camera alone.
 *
 * Throws `DeviceError`, which names the one that is in the way, if that can be found out.
 */
export async function openBoth(video: MediaTrackConstraints, audio: MediaTrackConstraints): Promise<MediaStream> {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const hasMicrophone = devices.some(({ kind }) => kind === "audioinput");
  if (devices.length > 0 && !hasMicrophone) return openDevice("camera", video);
  return ask({ video, audio }, async (code) => {
    if (!devices.some(({ kind }) => kind === "videoinput")) return "camera";
    if (code !== "refused") return "camera or microphone";
    const [camera, microphone] = await Promise.all([isBlocked("camera"), isBlocked("microphone")]);
    return camera === microphone ? "camera or microphone" : camera ? "camera" : "microphone";
  });
}

async function ask(
  wanted: MediaStreamConstraints,
  blame: (code: TroubleCode) => Promise<DeviceName>,
): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new DeviceError(trouble("insecure", await blame("insecure")));
  try {
    return await navigator.mediaDevices.getUserMedia(wanted);
  } catch (error) {
    const code = codeOf(error);
    throw new DeviceError(trouble(code, await blame(code)));
  }
}

/** True if the user, or the browser's settings, have refused a device; not every browser tells. */
async function isBlocked(kind: DeviceKind): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: kind as PermissionName })).state === "denied";
  } catch {
    return false;
  }
}

/**
 * The camera's constraints: ours, then the app's, then the user's choice of device.
 *
 * The app's win over ours, except that a device which the user chose is not overruled by `facingMode`.
 */
export function cameraConstraints(
  app: MediaTrackConstraints | null,
  size: [number, number] | null,
  choice: DeviceChoice,
): MediaTrackConstraints {
  const [width, height] = size ?? [1280, 720];
  const base: MediaTrackConstraints = {
    width: { ideal: width },
    height: { ideal: height },
    frameRate: { ideal: 30 },
    facingMode: "user",
    ...ofTrack(app, "video"),
  };
  return choose(base, choice);
}

/**
 * The microphone's constraints: without what the loudspeaker plays, then the app's, then the user's choice of device.
 *
 * Browsers cancel the echo by default, but they need not.
 */
export function microphoneConstraints(app: MediaTrackConstraints | null, choice: DeviceChoice): MediaTrackConstraints {
  return choose({ echoCancellation: true, ...ofTrack(app, "audio") }, { device: choice.device });
}

/** Apps may write the constraints of the track, or those of the whole stream with the track's inside. */
function ofTrack(
  app: MediaTrackConstraints | MediaStreamConstraints | null,
  kind: "video" | "audio",
): MediaTrackConstraints | null {
  if (!app || !(kind in app)) return app as MediaTrackConstraints | null;
  const inside = (app as MediaStreamConstraints)[kind];
  return typeof inside === "object" ? inside : null;
}

function choose(constraints: MediaTrackConstraints, choice: DeviceChoice): MediaTrackConstraints {
  if (choice.device) {
    const { facingMode: _, ...rest } = constraints;
    return { ...rest, deviceId: { exact: choice.device } };
  }
  return choice.facing ? { ...constraints, facingMode: { ideal: choice.facing } } : constraints;
}

/**
 * True if a camera is mirrored: as the app says, else one that looks at the user is, as people expect of a mirror.
 *
 * Desktop cameras do not say where they look; they look at the user.
 */
export function isMirrored(wish: boolean | null, track: MediaStreamTrack): boolean {
  return wish ?? track.getSettings().facingMode !== "environment";
}

function codeOf(error: unknown): TroubleCode {
  const name = errorName(error);
  if (name === "NotAllowedError") return "refused";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return name === "SecurityError" ? "insecure" : "failed";
}

/** The sentence for a device's trouble, with the one thing to do. */
export function trouble(code: TroubleCode, name: DeviceName): Trouble {
  const device = deviceWord(name);
  return {
    code,
    message: SENTENCES[code]?.(device) ?? t("The {device} stopped. Press Record to try again.", { device }),
  };
}

const SENTENCES: { [code in TroubleCode]?: (device: string) => string } = {
  refused: (device) =>
    isWholeTab()
      ? t("The {device} is blocked. Allow it in the site settings beside the address, then press Record.", { device })
      : t("The {device} is blocked in this frame. Open the app in a tab of its own, then press Record.", { device }),
  insecure: (device) => t("The {device} needs a secure page: https:// or localhost.", { device }),
  missing: (device) => t("No matching {device} was found. Connect one, then press Record.", { device }),
  busy: (device) => t("Another program is using the {device}. Close it there, then press Record.", { device }),
  unplugged: (device) => t("The {device} was disconnected. Connect it again, then press Record.", { device }),
};

/** False in a frame, where the page around it decides, and the site settings beside the address are those of that page. */
const isWholeTab = (): boolean => !globalThis.top || globalThis.top === globalThis.self;

/** The name of a device in the reader's language. */
export function deviceWord(name: DeviceName): string {
  return { camera: t("camera"), microphone: t("microphone"), "camera or microphone": t("camera or microphone") }[name];
}
