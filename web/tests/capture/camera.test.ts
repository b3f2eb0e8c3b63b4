import { beforeEach, expect, it, vi } from "vitest";
import { type Camera, cameraOf } from "../../src/capture/camera.ts";

/** The script for cameras whose tracks cannot be read. */
const SCRIPT = `data:text/javascript,export const grabFrames = async (preview) => {
  if (preview.isBroken) throw new Error("not allowed");
  return { source: "grabbed", close: () => preview.closed++ };
}`;

let preview: { getVideoTracks(): object[]; isBroken: boolean; closed: number };
let stopped: number;

beforeEach(() => {
  stopped = 0;
  const track = { getSettings: () => ({}), stop: () => stopped++ };
  preview = { getVideoTracks: () => [track], isBroken: false, closed: 0 };
  vi.stubGlobal("window", {});
  vi.stubGlobal("OffscreenCanvas", class {});
});

const open = (script = SCRIPT): Promise<Camera> => {
  const wish = { constraints: null, size: null, mirror: null, choice: {}, script };
  return cameraOf(preview as unknown as MediaStream, wish);
};

it("is read frame by frame where its track cannot be read", async () => {
  const camera = await open();
  expect(camera.source).toBe("grabbed");
  camera.close();
  expect([preview.closed, stopped]).toEqual([1, 1]);
});

it("is closed if it cannot be read at all", async () => {
  preview.isBroken = true;
  await expect(open()).rejects.toThrow("not allowed");
  await expect(open("data:text/javascript,throw new Error('lost')")).rejects.toThrow("lost");
  expect(stopped).toBe(2);
});

it("a browser that cannot encode in a worker says that it is too old", async () => {
  vi.stubGlobal("OffscreenCanvas", undefined);
  await expect(open()).rejects.toMatchObject({
    trouble: { code: "failed", message: expect.stringMatching(/too old .* Update it/) },
  });
  expect(stopped).toBe(1);
});
