// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { whenOver } from "../../src/shell/trouble_expiry.ts";
import type { TroubleCode } from "../../src/states.ts";

let kinds: MediaDeviceKind[];
let devices: EventTarget;
let permission: EventTarget & { state: string };
const over = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  kinds = ["videoinput", "audioinput"];
  const enumerateDevices = (): Promise<object[]> => Promise.resolve(kinds.map((kind) => ({ kind })));
  devices = Object.assign(new EventTarget(), { enumerateDevices });
  permission = Object.assign(new EventTarget(), { state: "denied" });
  vi.stubGlobal("navigator", { mediaDevices: devices, permissions: { query: () => Promise.resolve(permission) } });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function plug(...now: MediaDeviceKind[]): Promise<void> {
  kinds = now;
  devices.dispatchEvent(new Event("devicechange"));
  await vi.advanceTimersByTimeAsync(0);
}

async function watch(code: TroubleCode, ...needed: MediaDeviceKind[]): Promise<() => void> {
  const end = whenOver({ code, message: "" }, needed, over);
  await vi.advanceTimersByTimeAsync(0);
  return end;
}

it.each(["unplugged", "missing"] as const)("%s is over when a device of the kind is there again", async (code) => {
  await watch(code, "videoinput");
  await plug("audioinput");
  await plug("audioinput", "audioinput");
  expect(over).not.toHaveBeenCalled();
  await plug("audioinput", "audioinput", "videoinput");
  expect(over).toHaveBeenCalledOnce();
});

it("a block is over when the browser allows it", async () => {
  await watch("refused", "videoinput");
  permission.dispatchEvent(new Event("change"));
  expect(over).not.toHaveBeenCalled();
  permission.state = "prompt";
  permission.dispatchEvent(new Event("change"));
  expect(over).toHaveBeenCalledOnce();
});

it("that the app is busy is said for a moment", async () => {
  await watch("full");
  vi.advanceTimersByTime(29_000);
  expect(over).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  expect(over).toHaveBeenCalledOnce();
});

it.each(["unplugged", "refused", "full"] as const)("nobody is told of %s after the watch has ended", async (code) => {
  const end = await watch(code, "videoinput");
  end();
  permission.state = "granted";
  permission.dispatchEvent(new Event("change"));
  await plug("videoinput", "videoinput");
  vi.advanceTimersByTime(60_000);
  expect(over).not.toHaveBeenCalled();
});

it.each(["lost", "failed", "behind", "notice"] as const)("%s is said of the past, and stands", async (code) => {
  await watch(code, "videoinput");
  await plug("videoinput", "videoinput");
  vi.advanceTimersByTime(600_000);
  expect(over).not.toHaveBeenCalled();
});
