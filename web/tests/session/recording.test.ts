// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DeviceError, trouble } from "../../src/capture/devices.ts";
import { Recording } from "../../src/session/recording.ts";
import { IDLE, type StreamView } from "../../src/states.ts";
import type { StreamState } from "../../src/wire/messages.ts";

class FakeTrack extends EventTarget {
  stop = vi.fn();
}

function camera(): { kind: "camera"; device: never; track: FakeTrack; close: ReturnType<typeof vi.fn> } {
  const track = new FakeTrack();
  const close = vi.fn();
  const device = { preview: "preview", track, source: null, mirrored: true, device: "id", close } as never;
  return { kind: "camera", device, track, close };
}

let views: StreamView[];
let opened: ReturnType<typeof camera>;
let recording: Recording;
const events = {
  open: vi.fn(),
  attach: vi.fn(),
  release: vi.fn(),
  begin: vi.fn(),
  stop: vi.fn(),
  show: vi.fn(),
  ended: vi.fn(),
};

beforeEach(() => {
  vi.resetAllMocks();
  vi.useFakeTimers();
  views = [];
  opened = camera();
  events.open.mockImplementation(async () => opened);
  events.begin.mockReturnValue([1]);
  events.show.mockImplementation((view: StreamView) => views.push(view));
  recording = new Recording("camera", events);
});

const start = (): Promise<void> => recording.start({}, Promise.resolve());
const last = (): StreamView => views.at(-1) as StreamView;

describe("turns", () => {
  it("shows whose turn it is, as long as the stream runs", async () => {
    await start();
    tell("running");
    expect(last().turn).toBeNull();
    recording.turn("hearing");
    expect(last()).toMatchObject({ state: "running", turn: "hearing" });
    tell("running", { limit_s: 5 });
    expect(last().turn).toBe("hearing");
    tell("waiting", { again: true });
    expect(last().turn).toBeNull();
  });

  it("says nothing after Stop", async () => {
    await start();
    tell("running");
    recording.stop();
    const { length } = views;
    recording.turn("answering");
    expect(views.length).toBe(length);
  });
});

const tell = (state: string, fields: Partial<StreamState> = {}, deadlineMs = 0): void =>
  recording.update(
    {
      type: "streamstate",
      stream: 1,
      state,
      position: 0,
      eta_s: -1,
      limit_s: 0,
      deadline_us: 0,
      reason: "",
      message: "",
      again: false,
      ...fields,
    } as StreamState,
    deadlineMs,
  );

describe("Record", () => {
  it("asks for the device, shows the preview, and begins the streams when there is a session", async () => {
    let serve = (): void => {};
    const done = recording.start({ device: "x" }, new Promise<void>((resolve) => (serve = resolve)));
    expect(last().state).toBe("starting");
    await vi.advanceTimersByTimeAsync(0);
    expect(last()).toMatchObject({ state: "starting", preview: "preview", mirrored: true, device: "id" });
    expect(events.begin).not.toHaveBeenCalled();
    serve();
    await done;
    expect(events.open).toHaveBeenCalledWith({ device: "x" });
    expect(events.attach.mock.invocationCallOrder[0]).toBeLessThan(events.begin.mock.invocationCallOrder[0] as number);
  });

  it("without a stream shows the preview", async () => {
    events.begin.mockReturnValue([]);
    await start();
    expect(last().state).toBe("running");
    recording.stop();
    expect(last()).toMatchObject({ state: "idle", preview: null });
    expect(events.ended).toHaveBeenCalledWith(true);
  });

  it("that is refused says what to do", async () => {
    events.open.mockRejectedValue(new DeviceError(trouble("refused", "camera")));
    await start();
    expect(last().state).toBe("idle");
    expect(last().trouble?.message).toContain("site settings");
    expect(events.ended).toHaveBeenCalledWith(false);
  });

  it.each(["open", "attach", "begin"] as const)("that fails in a way that nobody expects ends: %s", async (step) => {
    events[step].mockImplementation(() => {
      throw new TypeError("a script was not found");
    });
    await expect(start()).rejects.toThrow("a script was not found");
    expect(last()).toMatchObject({ state: "idle", preview: null });
    expect(last().trouble).toEqual(trouble("failed", "camera"));
    if (step !== "open") expect(opened.close).toHaveBeenCalled();
    expect(events.ended).toHaveBeenCalledOnce();
  });

  it("ends as well when another device fails so", async () => {
    await start();
    events.open.mockRejectedValue(new TypeError("a script was not found"));
    await expect(recording.device.change({ device: "y" })).rejects.toThrow("a script was not found");
    expect(last().trouble).toEqual(trouble("failed", "camera"));
  });

  it("that is taken back before the device is there lets it go", async () => {
    const done = start();
    recording.stop();
    await done;
    expect(opened.close).toHaveBeenCalledOnce();
    expect(events.begin).not.toHaveBeenCalled();
    expect(events.ended).toHaveBeenCalledWith(false);
  });
});

describe("a device that is refused when it is chosen before there is a session", () => {
  it("ends the recording, and whoever captures lets go of the one before", async () => {
    void recording.start({}, new Promise(() => {}));
    await vi.waitFor(() => expect(events.attach).toHaveBeenCalled());
    events.open.mockRejectedValue(new DeviceError(trouble("busy", "camera")));
    await recording.device.change({ device: "y" });
    expect(events.release).toHaveBeenCalledOnce();
    expect(opened.close).toHaveBeenCalledOnce();
    expect(last()).toMatchObject({ state: "idle", trouble: { code: "busy" } });
    expect(events.ended).toHaveBeenCalledWith(false);
  });
});

describe("a recording", () => {
  beforeEach(start);

  it("shows its place in the queue, its time, and its turn over again", () => {
    tell("waiting", { position: 2, eta_s: 20 });
    expect(last()).toMatchObject({ state: "waiting", position: 2, etaS: 20, again: false });
    tell("running", { limit_s: 15 }, 5_000);
    expect(last()).toMatchObject({ state: "running", position: 0, etaS: null, limitS: 15, deadlineMs: 5_000 });
    tell("stopping");
    tell("waiting", { position: 1, again: true });
    expect(last()).toMatchObject({ state: "waiting", again: true, limitS: 0, deadlineMs: 0, preview: "preview" });
    expect(opened.close).not.toHaveBeenCalled();
  });

  it("releases the device and offers Record at Stop, at once, and is over when the server says so", () => {
    tell("running", { limit_s: 9 }, 99);
    recording.stop();
    expect(opened.close).toHaveBeenCalledOnce();
    expect(events.stop).toHaveBeenCalledWith(1, "user", "");
    expect(last()).toEqual(IDLE);
    expect(recording.isLive).toBe(false);
    expect(events.ended).not.toHaveBeenCalled();
    tell("ended", { reason: "user" });
    expect(last()).toMatchObject({ state: "idle", trouble: null });
    expect(events.ended).toHaveBeenCalledExactlyOnceWith(true);
    expect(events.release).toHaveBeenCalledOnce();
  });

  it("releases the device when the server ends it, and says why", () => {
    tell("running");
    tell("ended", { reason: "error", message: "boom" });
    expect(opened.close).toHaveBeenCalledOnce();
    expect(last()).toMatchObject({ state: "idle", trouble: { code: "failed", message: "boom" } });
  });

  it.each([
    ["idle", "notice"],
    ["busy", "full"],
    ["expired", "notice"],
    ["device", "unplugged"],
  ])("has a sentence for the end %s", (reason, code) => {
    tell("ended", { reason });
    expect(last().trouble).toMatchObject({ code, message: expect.stringMatching(/^[A-Z].*\.$/) });
    expect(last().trouble?.message).not.toContain("KIND");
  });

  it("ends when the device is unplugged", () => {
    tell("running");
    opened.track.dispatchEvent(new Event("ended"));
    expect(events.stop).toHaveBeenCalledWith(1, "device", expect.stringContaining("disconnected"));
    tell("ended", { reason: "device" });
    expect(last().trouble?.code).toBe("unplugged");
  });

  it("goes on with a microphone that is muted, and ends when it is unplugged", async () => {
    const track = new FakeTrack();
    events.open.mockImplementation(async () => ({
      kind: "microphone",
      device: { track, device: "id", close: vi.fn() },
    }));
    events.begin.mockReturnValue([2]);
    recording = new Recording("microphone", events);
    await start();
    track.dispatchEvent(new Event("mute"));
    vi.advanceTimersByTime(60_000);
    expect(events.stop).not.toHaveBeenCalled();
    track.dispatchEvent(new Event("ended"));
    expect(events.stop).toHaveBeenCalledWith(2, "device", expect.stringContaining("microphone was disconnected"));
  });

  it("ends when the device stays mute, not at a hiccup", () => {
    tell("running");
    opened.track.dispatchEvent(new Event("mute"));
    vi.advanceTimersByTime(1_000);
    opened.track.dispatchEvent(new Event("unmute"));
    vi.advanceTimersByTime(5_000);
    expect(events.stop).not.toHaveBeenCalled();
    opened.track.dispatchEvent(new Event("mute"));
    vi.advanceTimersByTime(2_000);
    expect(events.stop).toHaveBeenCalledOnce();
  });

  it("goes on with another device, and is not ended by the end of the first", async () => {
    tell("running", { limit_s: 9 });
    const first = opened;
    opened = camera();
    await recording.device.change({ device: "other" });
    expect(first.close).toHaveBeenCalledOnce();
    first.track.dispatchEvent(new Event("ended"));
    expect(events.stop).not.toHaveBeenCalled();
    expect(events.attach).toHaveBeenCalledTimes(2);
    expect(last()).toMatchObject({ state: "running", limitS: 9 });
  });

  it("ends when another device cannot be had", async () => {
    tell("running");
    events.open.mockRejectedValue(new DeviceError(trouble("busy", "camera")));
    await recording.device.change({ device: "other" });
    tell("ended", { reason: "device" });
    expect(last()).toMatchObject({ state: "idle", trouble: { code: "busy" } });
  });

  it("is over without the server when the session is lost", () => {
    tell("running");
    recording.abandon({ code: "lost", message: "Lost." });
    expect(opened.close).toHaveBeenCalledOnce();
    expect(last()).toMatchObject({ state: "idle", trouble: { code: "lost" } });
    expect(events.ended).toHaveBeenCalledOnce();
  });

  it("that gives way to the next one is over, and shows nothing more", () => {
    tell("running");
    recording.stop();
    const shown = views.length;
    recording.giveWay();
    tell("ended", { reason: "error", message: "boom" });
    expect(views).toHaveLength(shown);
    expect(events.ended).toHaveBeenCalledExactlyOnceWith(true);
    expect(events.release).toHaveBeenCalledOnce();
  });

  it("releases whoever captures also while the next device is being opened", async () => {
    tell("running");
    events.open.mockReturnValue(new Promise(() => {}));
    void recording.device.change({ device: "other" });
    tell("ended", { reason: "idle" });
    expect(events.release).toHaveBeenCalledOnce();
  });

  it("counts what is recorded, not what it waits, and stops at the longest", async () => {
    vi.advanceTimersByTime(1_000);
    recording = new Recording("camera", events, 3);
    await start();
    expect(last()).toMatchObject({ sinceMs: 0, pastS: 0 });
    const began = performance.now();
    tell("running");
    expect(last()).toMatchObject({ sinceMs: began, pastS: 0 });
    vi.advanceTimersByTime(2_000);
    tell("waiting", { position: 1, again: true });
    expect(last()).toMatchObject({ sinceMs: 0, pastS: 2 });
    vi.advanceTimersByTime(9_000);
    tell("running");
    expect(last()).toMatchObject({ sinceMs: began + 9_000 });
    vi.advanceTimersByTime(1_000);
    expect(events.stop).toHaveBeenCalledExactlyOnceWith(1, "user", "");
    expect(last()).toEqual(IDLE);
    tell("ended", { reason: "user" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("that the server ended at the longest has no trouble", () => {
    tell("running");
    tell("ended", { reason: "length" });
    expect(last()).toEqual(IDLE);
  });

  it("tells what the worker broke off", () => {
    tell("running");
    recording.break(1, "backlog", "Too slow.");
    expect(events.stop).not.toHaveBeenCalled();
    expect(last()).toMatchObject({ state: "idle", trouble: { code: "behind", message: "Too slow." } });
  });
});

describe("several streams of one device", () => {
  beforeEach(async () => {
    events.begin.mockReturnValue([1, 2]);
    await start();
  });

  it("are running when one of them is", () => {
    tell("waiting", { position: 3 });
    tell("running", { stream: 2 });
    expect(last()).toMatchObject({ state: "running", position: 0 });
  });

  it("go on when one of them ends, and keep its reason", () => {
    tell("running");
    tell("running", { stream: 2 });
    tell("ended", { reason: "error", message: "boom" });
    expect(opened.close).not.toHaveBeenCalled();
    expect(last().state).toBe("running");
    recording.stop();
    expect(events.stop.mock.calls.map(([stream]) => stream)).toEqual([2]);
    tell("ended", { stream: 2, reason: "user" });
    expect(last().trouble?.message).toBe("boom");
    expect(events.ended).toHaveBeenCalledOnce();
  });
});

describe("a device that the system takes from a page in the background", () => {
  const track = (): FakeTrack => opened.track;
  let hidden: boolean;
  const connect = (deviceId: string): void => {
    const enumerateDevices = async (): Promise<object[]> => [{ kind: "videoinput", deviceId, label: "" }];
    Object.defineProperty(navigator, "mediaDevices", { value: { enumerateDevices }, configurable: true });
  };
  afterEach(() => void Reflect.deleteProperty(navigator, "mediaDevices"));

  beforeEach(async () => {
    hidden = true;
    vi.spyOn(document, "hidden", "get").mockImplementation(() => hidden);
    connect("id");
    await start();
    tell("running", { limit_s: 9 });
  });

  const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

  it("is asked for once more when the page is in front again; the stream goes on", async () => {
    track().dispatchEvent(new Event("ended"));
    await settle();
    expect(events.stop).not.toHaveBeenCalled();
    expect(opened.close).toHaveBeenCalledOnce();
    expect(events.open).toHaveBeenCalledOnce();
    opened = camera();
    hidden = false;
    await recording.device.wake();
    await recording.device.wake();
    expect([events.open, events.attach].map(({ mock }) => mock.calls.length)).toEqual([2, 2]);
    expect(last()).toMatchObject({ state: "running", limitS: 9 });
  });

  it("that stays mute is asked for, too, also if that is noticed only in front", async () => {
    track().dispatchEvent(new Event("mute"));
    hidden = false;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(events.stop).not.toHaveBeenCalled();
    expect(events.open).toHaveBeenCalledTimes(2);
  });

  it("ends the recording if it is not given", async () => {
    track().dispatchEvent(new Event("ended"));
    await settle();
    events.open.mockRejectedValue(new DeviceError(trouble("refused", "camera")));
    await recording.device.wake();
    expect(events.stop).toHaveBeenCalledExactlyOnceWith(1, "device", expect.any(String));
    expect(last()).toMatchObject({ state: "idle", trouble: { code: "refused" } });
  });

  it("ends the recording if it was taken in front", async () => {
    hidden = false;
    track().dispatchEvent(new Event("ended"));
    expect(events.stop).toHaveBeenCalledOnce();
  });

  it("is not asked for any more after Stop", async () => {
    track().dispatchEvent(new Event("ended"));
    await settle();
    recording.stop();
    await recording.device.wake();
    expect(events.open).toHaveBeenCalledOnce();
  });

  it("ends the recording if it was pulled out", async () => {
    connect("another");
    track().dispatchEvent(new Event("ended"));
    await settle();
    expect(events.stop).toHaveBeenCalledOnce();
  });
});

describe("a recording whose session is over when another one begins", () => {
  const lost = { code: "lost", message: "Lost." } as const;

  it("goes on in new streams, with the same device", async () => {
    await start();
    tell("running", { limit_s: 9 });
    events.begin.mockReturnValue([5]);
    recording.renew(lost);
    expect([recording.has(1), recording.has(5), recording.isLive]).toEqual([false, true, true]);
    expect(last()).toMatchObject({ state: "starting", limitS: 0, trouble: null });
    expect(events.open).toHaveBeenCalledOnce();
    tell("running", { stream: 5 });
    expect(last().state).toBe("running");
  });

  it("that was stopped is over, and says why nothing came of it", async () => {
    await start();
    tell("running");
    recording.stop();
    recording.renew(lost);
    expect(last()).toMatchObject({ state: "idle", trouble: lost });
    expect(events.ended).toHaveBeenCalledOnce();
  });

  it("that feeds no stream is not touched", async () => {
    events.begin.mockReturnValue([]);
    await start();
    recording.renew(lost);
    expect(last().state).toBe("running");
    expect(events.begin).toHaveBeenCalledOnce();
  });

  it("that has not begun begins there", async () => {
    let serve = (): void => {};
    const done = recording.start({}, new Promise<void>((resolve) => (serve = resolve)));
    await vi.advanceTimersByTimeAsync(0);
    recording.renew(lost);
    expect(recording.isLive).toBe(true);
    serve();
    await done;
    expect(events.begin).toHaveBeenCalledOnce();
  });

  it("because it is being restarted goes on with the next one, or in the same if it can be reached again", async () => {
    await start();
    tell("running");
    tell("ended", { reason: "shutdown" });
    expect(last()).toMatchObject({ state: "starting", trouble: null });
    expect(opened.close).not.toHaveBeenCalled();
    events.begin.mockReturnValue([5]);
    recording.renew(lost);
    expect(recording.has(5)).toBe(true);
    tell("ended", { stream: 5, reason: "shutdown" });
    recording.resume();
    recording.resume();
    expect(events.begin).toHaveBeenCalledTimes(3);
  });

  it("because it is being restarted begins where the page goes on if Record was pressed only then", async () => {
    await start();
    tell("ended", { reason: "shutdown", message: "The app is being restarted. Try again in a moment." });
    expect(last()).toMatchObject({ state: "starting", trouble: null });
    recording.resume();
    expect(events.begin).toHaveBeenCalledTimes(2);
  });

  it("because it is being restarted can be stopped meanwhile", async () => {
    await start();
    tell("running");
    tell("ended", { reason: "shutdown" });
    recording.stop();
    expect(last()).toMatchObject({ state: "idle", trouble: null });
    expect(events.ended).toHaveBeenCalledExactlyOnceWith(true);
  });
});
