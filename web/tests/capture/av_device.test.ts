import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openAvDevice } from "../../src/capture/av_device.ts";
import type { CameraWish } from "../../src/capture/camera.ts";
import type { MicrophoneWish } from "../../src/capture/microphone.ts";

/** What was asked of the browser, in order. */
let log: string[];

class FakeTrack {
  readonly kind: string;
  constructor(kind: string) {
    this.kind = kind;
  }
  getSettings(): MediaTrackSettings {
    return {};
  }
  stop(): void {
    log.push(`stop ${this.kind}`);
  }
}

class FakeStream {
  private readonly tracks: FakeTrack[];
  constructor(tracks: FakeTrack[]) {
    this.tracks = tracks;
  }
  getTracks = (): FakeTrack[] => this.tracks;
  getVideoTracks = (): FakeTrack[] => this.tracks.filter(({ kind }) => kind === "video");
  getAudioTracks = (): FakeTrack[] => this.tracks.filter(({ kind }) => kind === "audio");
}

class FakeContext {
  readonly sampleRate = 48_000;
  readonly audioWorklet = { addModule: async (): Promise<void> => {} };
  createMediaStreamSource = (): object => ({ context: this, connect: () => {} });
  async resume(): Promise<void> {
    log.push("microphone");
  }
  async close(): Promise<void> {
    log.push("close microphone");
  }
}

class FakeNode {
  readonly port = { postMessage: (): void => {} };
  disconnect(): void {}
}

class FakeProcessor {
  readonly readable = {};
  constructor() {
    log.push("camera");
  }
}

const LOOK: CameraWish = { constraints: null, size: null, mirror: null, choice: {}, script: "" };
const LISTEN = { worklet: "", rate: null, channels: null, everyS: 0.1, constraints: null, choice: {} };
const open = () => openAvDevice(LOOK, LISTEN as unknown as MicrophoneWish);

beforeEach(() => {
  log = [];
  const devices = {
    enumerateDevices: async () => [],
    getUserMedia: async () => new FakeStream([new FakeTrack("video"), new FakeTrack("audio")]),
  };
  vi.stubGlobal("navigator", { mediaDevices: devices });
  vi.stubGlobal("window", { MediaStreamTrackProcessor: FakeProcessor });
  vi.stubGlobal("OffscreenCanvas", class {});
  vi.stubGlobal("MediaStream", FakeStream);
  vi.stubGlobal("AudioContext", FakeContext);
  vi.stubGlobal("AudioWorkletNode", FakeNode);
});

afterEach(() => vi.unstubAllGlobals());

it("takes no frame before the microphone is there: nobody could close one that waits meanwhile", async () => {
  const video = await open();
  expect(log).toEqual(["microphone", "camera"]);
  video.close();
  expect(log.slice(2).sort()).toEqual(["close microphone", "stop audio", "stop video"]);
});

it("does not wait for ever for audio that never starts, and says what to do", async () => {
  vi.useFakeTimers();
  vi.spyOn(FakeContext.prototype, "resume").mockReturnValue(new Promise(() => {}));
  const opened = expect(open()).rejects.toMatchObject({
    trouble: { code: "missing", message: expect.stringContaining("connect a loudspeaker") },
  });
  await vi.advanceTimersByTimeAsync(3_000);
  await opened;
  expect(log.sort()).toEqual(["close microphone", "stop audio", "stop audio", "stop video"]);
  vi.useRealTimers();
});

it("resamples by itself where the browser refuses to, whatever its error is", async () => {
  const asked: object[] = [];
  class PickyContext extends FakeContext {
    private readonly options: { sampleRate?: number };
    constructor(options: { sampleRate?: number } = {}) {
      super();
      this.options = options;
      asked.push(options);
    }
    override createMediaStreamSource = (): object => {
      if (this.options.sampleRate) throw { name: "NotSupportedError" };
      return { context: this, connect: () => {} };
    };
  }
  vi.stubGlobal("AudioContext", PickyContext);
  const video = await openAvDevice(LOOK, { ...LISTEN, rate: 16_000 } as unknown as MicrophoneWish);
  expect(asked).toEqual([{ sampleRate: 16_000 }, {}]);
  expect(video.microphone?.format).toMatchObject({ deviceRate: 48_000, rate: 16_000 });
});

it("lets go of the microphone when the camera fails after all", async () => {
  vi.stubGlobal("window", {
    MediaStreamTrackProcessor: class {
      constructor() {
        throw new Error("no camera");
      }
    },
  });
  await expect(open()).rejects.toThrow("no camera");
  expect(log).toContain("close microphone");
  expect(log).toContain("stop video");
});
