// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { AvDevice } from "../../src/capture/av_device.ts";
import { openAvDevice } from "../../src/capture/av_device.ts";
import { DeviceError, trouble } from "../../src/capture/devices.ts";
import type { Binding } from "../../src/manifest.ts";
import type { ClipFile } from "../../src/session/captures.ts";
import { Recordings } from "../../src/session/recordings.ts";
import { Store } from "../../src/session/store.ts";
import type { StreamView } from "../../src/states.ts";
import type { StreamState } from "../../src/wire/messages.ts";
import type { ToWorker } from "../../src/workers/port.ts";
import { binding, manifest, STREAM } from "./manifest.ts";

// There is no audio without a browser.
vi.mock("../../src/capture/av_device.ts");

const VIDEO = 6;
/** The script that records videos. */
const SCRIPT = "data:text/javascript,export const VideoClip = globalThis.RecordedClip;";
const VideoClip = vi.fn();
const hold = vi.fn();
const finish = vi.fn();

class RecordedClip {
  hold = hold;
  finish = finish;
  constructor(...args: unknown[]) {
    VideoClip(...args);
  }
}
const watching = (id: number, every_s: number): ReturnType<typeof binding> =>
  binding({ id, targets: [[VIDEO, "stream"]], inputs: [VIDEO], stream: { ...STREAM, component: VIDEO, every_s } });

let recordings: Recordings;
let posted: ToWorker[];
let view: StreamView;
/** What was recorded, of each recording that is over. */
let ended: (ClipFile | null)[];
let video: AvDevice & { close: ReturnType<typeof vi.fn> };

class FakeTrack extends EventTarget {}

/** What the browser gives: a camera, and a microphone unless the machine has none. */
function filming(hasMicrophone = true): typeof video {
  const camera = { preview: "preview", track: new FakeTrack(), source: "frames", mirrored: true, device: "c" };
  const microphone = { track: new FakeTrack(), port: "samples", format: { rate: 48_000 }, device: "m" };
  return { camera, microphone: hasMicrophone ? microphone : null, stream: null, close: vi.fn() } as never;
}

beforeEach(() => {
  vi.resetAllMocks();
  vi.stubGlobal("RecordedClip", RecordedClip);
  posted = [];
  video = filming();
  vi.mocked(openAvDevice).mockImplementation(async () => video);
  ended = [];
  recordings = record();
});

function record(...others: Binding[]): Recordings {
  const declared = manifest(watching(0, 0.1), watching(1, 0.5), ...others);
  const props = { include_audio: true, constraints: { width: 320 }, sample_rate: 16_000, channels: 1 };
  declared.components[VIDEO] = {
    type: "video",
    capabilities: ["captures_frames", "captures_audio", "records_video"],
    props,
  };
  declared.assets.video_capture = SCRIPT;
  return new Recordings(declared, new Store(declared), {
    post: (message) => posted.push(message),
    ready: () => Promise.resolve(),
    show: (_, shown) => (view = shown),
    level: () => {},
    begun: () => {},
    ended: (_, clip) => ended.push(clip),
    failed: () => {},
  });
}

async function press(action: "start" | "stop"): Promise<void> {
  recordings.record({ component: VIDEO, action });
  await new Promise((resolve) => setTimeout(resolve, 10)); // the script is loaded
}
const tell = (stream: number, state: string, reason = ""): void => {
  const rest = { position: 0, eta_s: -1, limit_s: 0, deadline_us: 0, message: "", again: false };
  recordings.update({ type: "streamstate", stream, state, reason, ...rest } as StreamState, 0);
};
const over = (stream: number, reason = "user"): void => tell(stream, "ended", reason);
const opened = (): [number, number][] =>
  posted.filter((message) => message.type === "open").map(({ stream }) => [stream.stream, stream.frames]);
const types = (): string[] => posted.map(({ type }) => type);

describe("Record, where camera and microphone are streamed", () => {
  it("opens both at once, and gives both kinds of each stream a number", async () => {
    await press("start");
    expect(openAvDevice).toHaveBeenCalledOnce();
    expect(types()).toEqual(["camera", "microphone", "open", "open"]);
    expect(opened()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(view).toMatchObject({ preview: "preview", mirrored: true, device: "c", microphone: "m" });
  });

  it("asks for each as the app wants it", async () => {
    await press("start");
    const [camera, microphone] = vi.mocked(openAvDevice).mock.calls[0] as Parameters<typeof openAvDevice>;
    expect(camera).toMatchObject({ constraints: { width: 320 } });
    expect(microphone).toMatchObject({ constraints: null, rate: 16_000, channels: 1, everyS: 0.5 });
  });

  it("goes on without audio where there is none", async () => {
    video = filming(false);
    await press("start");
    expect(types()).toEqual(["camera", "open", "open"]);
    expect(opened()).toEqual([
      [1, 0],
      [2, 0],
    ]);
  });

  it("is recorded as well where somebody takes the whole, and else not", async () => {
    await press("start");
    await press("stop");
    expect(VideoClip).not.toHaveBeenCalled();
    recordings = record(binding({ id: 2, targets: [[VIDEO, "stop_recording"]], inputs: [VIDEO] }));
    await press("start");
    expect(VideoClip.mock.lastCall?.slice(0, 2)).toEqual([video.camera, video.microphone?.track]);
    expect(types()).toContain("microphone");
    finish.mockResolvedValue(new File(["video"], "recording.mp4"));
    await press("stop");
    expect(ended).toEqual([]);
    over(1);
    over(3);
    expect((await ended[0])?.name).toBe("recording.mp4");
  });

  it("is recorded as well only while it has its turn", async () => {
    recordings = record(binding({ id: 2, targets: [[VIDEO, "stop_recording"]], inputs: [VIDEO] }));
    await press("start");
    const held = (): unknown => hold.mock.lastCall?.[0];
    expect(held()).not.toBe(false);
    tell(1, "running");
    expect(held()).toBe(false);
    tell(1, "waiting");
    expect(held()).toBe(true);
  });

  it("asks for the microphone and the camera that were chosen, each by itself", async () => {
    recordings.choose({ component: VIDEO, microphone: "m2" });
    recordings.choose({ component: VIDEO, device: "c2" });
    await press("start");
    recordings.choose({ component: VIDEO, facing: "user" });
    const asked = vi.mocked(openAvDevice).mock.calls.map(([camera, microphone]) => [camera.choice, microphone.choice]);
    expect(asked).toEqual([
      [{ device: "c2", facing: undefined, microphone: "m2" }, { device: "m2" }],
      [{ device: undefined, facing: "user", microphone: "m2" }, { device: "m2" }],
    ]);
  });

  it("says which of them is in the way", async () => {
    vi.mocked(openAvDevice).mockRejectedValue(new DeviceError(trouble("refused", "microphone")));
    await press("start");
    expect(view).toMatchObject({ state: "idle", trouble: { code: "refused" } });
    expect(view.trouble?.message).toContain("The microphone is blocked");
  });

  it("is ended by Stop, for both", async () => {
    await press("start");
    await press("stop");
    expect(video.close).toHaveBeenCalledOnce();
    expect(types().slice(4)).toEqual(["stop", "stop", "release"]);
    expect(view).toMatchObject({ state: "idle", preview: null, trouble: null });
  });

  it.each(["camera", "microphone"] as const)("ends when the %s is taken away, and says which it was", async (kind) => {
    await press("start");
    video[kind]?.track.dispatchEvent(new Event("ended"));
    expect(video.close).toHaveBeenCalledOnce();
    expect(view.trouble).toEqual(trouble("unplugged", kind));
  });

  it("tells neither device from the other where the server cannot", async () => {
    await press("start");
    for (const stream of [1, 3]) over(stream, "idle");
    expect(view.trouble?.message).toContain("Nothing came from the camera or microphone");
  });
});
