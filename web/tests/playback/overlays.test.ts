import { beforeEach, expect, it, vi } from "vitest";
import { Overlays } from "../../src/playback/overlays.ts";
import { Flag } from "../../src/wire/packet.ts";
import { FakeFrame } from "../capture/fakes.ts";
import { packet } from "./delta_codec.ts";

/** The script that is loaded: it notes what cameras are asked for. */
const SCRIPT = `
  export class CameraOverlay {
    constructor(isMirrored) { globalThis.noted.push("mirrored " + isMirrored); }
    offer(frame, us, isSent) { globalThis.noted.push("offer " + us + " " + isSent); }
    draw(component, payload, us) { globalThis.noted.push("draw " + component + " of " + us); return null; }
    forget(component) { globalThis.noted.push("forget " + component); }
  }`;

let noted: string[];
let overlays: Overlays;
let camera: { component: number; isMirrored: boolean } | null;

beforeEach(() => {
  noted = [];
  vi.stubGlobal("noted", noted);
  camera = { component: 3, isMirrored: true };
  overlays = new Overlays({ cameraOf: () => camera, carry: vi.fn(), described: vi.fn() });
  overlays.address = `data:text/javascript,${encodeURIComponent(SCRIPT)}`;
});

const marks = (us: number) => packet(1, 0, Flag.KEY, { component: 5, captured_us: us });
const frame = new FakeFrame().asPicture;

it("frames cost nothing before there are marks", () => {
  overlays.offer(3, frame, 1, true);
  expect(noted).toEqual([]);
});

it("the script is loaded with the first marks, and sees the frames of their camera from then on", async () => {
  const decoder = overlays.codec.openDecoder();
  await decoder.decode(marks(1), 1);
  overlays.offer(3, frame, 2, true);
  overlays.offer(9, frame, 2, true);
  await decoder.decode(marks(2), 2);
  expect(noted).toEqual(["mirrored true", "draw 5 of 1", "offer 2 true", "draw 5 of 2"]);
});

it("nothing is carried on when the stream is over", async () => {
  const decoder = overlays.codec.openDecoder();
  decoder.close();
  await decoder.decode(marks(1), 1);
  decoder.close();
  expect(noted.at(-1)).toBe("forget 5");
});

it("another camera begins anew, and marks without a camera are nothing", async () => {
  await overlays.codec.openDecoder().decode(marks(1), 1);
  overlays.release(3);
  overlays.offer(3, frame, 2, true);
  camera = null;
  expect(await overlays.codec.openDecoder().decode(marks(2), 2)).toBeNull();
  expect(noted).toEqual(["mirrored true", "draw 5 of 1"]);
});
