// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { openCamera } from "../../src/capture/camera.ts";
import { Photo } from "../../src/capture/photo.ts";
import type { ClipFile } from "../../src/session/captures.ts";
import { Recordings } from "../../src/session/recordings.ts";
import { Store } from "../../src/session/store.ts";
import { manifest } from "./manifest.ts";

// There is no camera without a browser.
vi.mock("../../src/capture/camera.ts");
vi.mock("../../src/capture/photo.ts");

const CAMERA = 3;
const PHOTO = new File(["photo"], "photo.jpg");

let recordings: Recordings;
let ended: (ClipFile | null)[];
/** What was done to camera and photo, in order. */
let done: string[];
let track: EventTarget;

beforeEach(async () => {
  vi.resetAllMocks();
  [ended, done, track] = [[], [], new EventTarget()];
  vi.mocked(openCamera).mockImplementation(
    async () => ({ preview: "preview", track, mirrored: true, device: "c", close: () => done.push("closed") }) as never,
  );
  vi.mocked(Photo.prototype.take).mockImplementation(async () => PHOTO);
  vi.mocked(Photo.prototype.finish).mockImplementation(async () => {
    done.push("taken");
    return PHOTO;
  });
  const declared = manifest();
  recordings = new Recordings(declared, new Store(declared), {
    post: () => {},
    ready: () => Promise.resolve(),
    show: () => {},
    level: () => {},
    begun: () => {},
    ended: (_, clip) => ended.push(clip),
    failed: () => {},
  });
  await press("start");
});

async function press(action: "start" | "stop" | "close" | "take"): Promise<void> {
  recordings.record({ component: CAMERA, action });
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

describe("a camera that is open and not streamed", () => {
  it("takes a frame at Stop, while it is still open, which comes with the end of the recording", async () => {
    await press("stop");
    expect(done).toEqual(["taken", "closed"]);
    expect(await ended[0]).toBe(PHOTO);
  });

  it("takes one after the other, and is told no more of them when it is closed", async () => {
    await press("take");
    await press("take");
    expect(done).toEqual([]);
    expect(await Promise.all(ended)).toEqual([PHOTO, PHOTO]);
    await press("close");
    expect(ended).toHaveLength(2);
    await press("start");
    await press("close");
    expect(ended).toHaveLength(3);
  });

  it("takes none when it is closed", async () => {
    await press("close");
    expect(ended).toEqual([null]);
  });

  it("takes none when it is taken away", () => {
    track.dispatchEvent(new Event("ended"));
    expect(ended).toEqual([null]);
  });

  it("takes it by the camera that was chosen last", async () => {
    recordings.choose({ component: CAMERA, facing: "environment" });
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(Photo).toHaveBeenCalledOnce();
    expect(Photo.prototype.change).toHaveBeenCalledOnce();
  });
});
