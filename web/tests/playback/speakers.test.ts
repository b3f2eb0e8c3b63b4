import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Speakers } from "../../src/playback/speakers.ts";

/** What the page asked of its audio contexts, in order. */
let log: string[];
let speakers: Speakers;
const events = { show: vi.fn(), paused: vi.fn(), stopped: vi.fn(), fire: vi.fn(), failed: vi.fn() };

class FakeContext {
  readonly destination = {};
  readonly sampleRate: number;
  readonly audioWorklet = { addModule: async (): Promise<void> => {} };
  constructor({ sampleRate }: { sampleRate: number }) {
    this.sampleRate = sampleRate;
  }
  async resume(): Promise<void> {
    log.push("resume");
  }
  async suspend(): Promise<void> {
    log.push("suspend");
  }
  async close(): Promise<void> {
    log.push("close");
  }
}

class FakeNode {
  readonly port = { postMessage: (): void => void log.push("port") };
  connect(): void {
    log.push("connect");
  }
  disconnect(): void {
    log.push("disconnect");
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("AudioContext", FakeContext);
  vi.stubGlobal("AudioWorkletNode", FakeNode);
  vi.resetAllMocks();
  log = [];
  speakers = new Speakers("speaker.js", events);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const open = (playback: number, rate = 24_000): Promise<void> =>
  speakers.open({ component: 7, playback, rate, channels: 1, autoplay: true }, new MessageChannel().port1);

it("connects a loudspeaker before it is given audio", async () => {
  await open(1);
  expect(log).toEqual(["connect", "port", "resume"]);
  expect(events.fire).toHaveBeenCalledExactlyOnceWith(7, "play");
});

it("keeps one awake that was opened in advance, for ten seconds", () => {
  speakers.prepare(7, 24_000);
  vi.advanceTimersByTime(9_900);
  expect(log).toEqual(["resume"]);
  speakers.prepare(7, 24_000);
  vi.advanceTimersByTime(9_900);
  expect(log).toEqual(["resume", "resume"]);
  vi.advanceTimersByTime(200);
  expect(log.at(-1)).toBe("suspend");
});

it("does not put one to rest that is heard, nor one that is closed", async () => {
  speakers.prepare(7, 24_000);
  await open(1);
  vi.advanceTimersByTime(20_000);
  expect(log).not.toContain("suspend");
  speakers.prepare(7, 24_000);
  vi.advanceTimersByTime(20_000);
  expect(log).not.toContain("suspend");
  speakers.close(7, 1);
  await open(2, 8_000);
  expect(log).toContain("close");
  vi.advanceTimersByTime(20_000);
  expect(log).not.toContain("suspend");
});

it("asks for a tap where the browser plays nothing without one, and not where it is only slow", async () => {
  const resume = vi.spyOn(FakeContext.prototype, "resume");
  let give = (): void => {};
  const late = (): Promise<void> => new Promise<void>((resolve) => (give = resolve));
  resume.mockImplementationOnce(late);
  const first = open(1);
  await vi.advanceTimersByTimeAsync(300);
  expect(events.show).toHaveBeenLastCalledWith(7, "locked");
  give();
  await first;
  expect(events.show).toHaveBeenLastCalledWith(7, "playing");
  resume.mockImplementationOnce(late);
  const second = open(2);
  await vi.advanceTimersByTimeAsync(2_900);
  expect(events.show).toHaveBeenLastCalledWith(7, "starting");
  await vi.advanceTimersByTimeAsync(200);
  expect(events.show).toHaveBeenLastCalledWith(7, "locked");
  give();
  await second;
  resume.mockRestore();
});

it("says what is wrong when a tap does not help either", async () => {
  const resume = vi.spyOn(FakeContext.prototype, "resume").mockReturnValue(new Promise(() => {}));
  void open(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(events.show).toHaveBeenLastCalledWith(7, "locked");
  expect(events.failed).not.toHaveBeenCalled();
  speakers.play(7);
  await vi.advanceTimersByTimeAsync(2_900);
  expect(events.failed).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  expect(events.failed).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("Connect a loudspeaker"));
  resume.mockResolvedValue();
  speakers.play(7);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(events.show).toHaveBeenLastCalledWith(7, "playing");
  expect(events.failed).toHaveBeenCalledOnce();
  resume.mockRestore();
});

it("lets what was silenced die away before it is disconnected, and then rests", async () => {
  await open(1);
  expect(speakers.close(7, 1)).toBe(true);
  expect(log).not.toContain("disconnect");
  vi.advanceTimersByTime(60);
  expect(log.slice(-2)).toEqual(["disconnect", "suspend"]);
});

it.each([true, false])("can be stopped by the listener, once, also while it is held (%s)", async (isHeld) => {
  await open(1);
  if (isHeld) speakers.pause(7);
  speakers.stop(7);
  speakers.stop(7);
  expect(events.stopped).toHaveBeenCalledExactlyOnceWith(1);
  expect(events.fire.mock.calls.filter(([, event]) => event === "stop")).toEqual([[7, "stop"]]);
  expect(events.show).toHaveBeenLastCalledWith(7, "starting");
});

it("plays without the audio thread where the browser gives no worklets", async () => {
  const block = new Float32Array(1024);
  const node = { onaudioprocess: (_: unknown): void => {}, connect: (): void => void log.push("connect") };
  vi.stubGlobal(
    "AudioContext",
    class extends FakeContext {
      override readonly audioWorklet = undefined as unknown as FakeContext["audioWorklet"];
      createScriptProcessor = (): typeof node => node;
    },
  );
  const { port1, port2 } = new MessageChannel();
  speakers.prepare(7, 24_000);
  await speakers.open({ component: 7, playback: 1, rate: 24_000, channels: 1, autoplay: true }, port1);
  expect(log).toContain("connect");
  port2.postMessage(new Int16Array(24_000).fill(16_384));
  vi.useRealTimers();
  await vi.waitFor(() => {
    node.onaudioprocess({ outputBuffer: { getChannelData: () => block } });
    expect(block.at(-1)).toBeCloseTo(0.5);
  });
  port1.close();
});

it("knows which playback it plays", async () => {
  await open(1);
  await open(2);
  expect(speakers.close(7, 1)).toBe(false);
  expect(speakers.close(7, 2)).toBe(true);
  expect(speakers.close(7, 2)).toBe(true);
});
