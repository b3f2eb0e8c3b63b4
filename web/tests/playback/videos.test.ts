import { beforeEach, expect, it, vi } from "vitest";
import type { VideoSegment } from "../../src/codecs/types.ts";
import { timed } from "../../src/media/mp4.ts";
import { Videos, type VideosEvents } from "../../src/playback/videos.ts";
import type { VideoView } from "../../src/states.ts";

const TYPE = 'video/mp4; codecs="avc1.42c01e"';

class Ranges {
  constructor(readonly spans: [number, number][]) {}
  get length(): number {
    return this.spans.length;
  }
  start = (at: number): number => this.spans[at]?.[0] ?? 0;
  end = (at: number): number => this.spans[at]?.[1] ?? 0;
}

/** Every byte that is appended lasts a second. */
class FakeBuffer extends EventTarget {
  updating = false;
  readonly appended: number[] = [];
  readonly removed: [number, number][] = [];
  first = 0;
  room = 100;
  get buffered(): Ranges {
    return new Ranges(this.appended.length > 0 ? [[this.first, this.appended.length]] : []);
  }
  appendBuffer(data: Uint8Array): void {
    if (this.appended.length - this.first >= this.room) throw new DOMException("full", "QuotaExceededError");
    this.appended.push(...data);
    this.updating = true;
  }
  remove(from: number, to: number): void {
    this.removed.push([from, to]);
    this.first = to;
    this.updating = true;
  }
  done(): void {
    this.updating = false;
    this.dispatchEvent(new Event("updateend"));
  }
}

class FakeVideo extends EventTarget {
  currentTime = 0;
  paused = true;
  ended = false;
  playbackRate = 1;
  src = "";
  error: { message: string } | null = null;
  played = new Ranges([]);
  pause = vi.fn(() => {
    this.paused = true;
  });
  get buffered(): Ranges {
    return buffer.buffered;
  }
  say(name: string): void {
    this.dispatchEvent(new Event(name));
  }
}

let video: FakeVideo;
let buffer: FakeBuffer;
let source: EventTarget & { readyState: string };
let sequence: number;
let videos: Videos;
const events = { tell: vi.fn<VideosEvents["tell"]>(), show: vi.fn<VideosEvents["show"]>() };

beforeEach(() => {
  vi.resetAllMocks();
  sequence = 0;
  buffer = new FakeBuffer();
  vi.stubGlobal("document", { createElement: () => (video = new FakeVideo()) });
  vi.stubGlobal(
    "MediaSource",
    class extends EventTarget {
      static isTypeSupported = (type: string): boolean => type === TYPE;
      readyState = "open";
      endOfStream = vi.fn(() => {
        this.readyState = "ended";
      });
      addSourceBuffer = vi.fn(() => buffer);
      constructor() {
        super();
        source = this;
      }
    },
  );
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:video");
  vi.spyOn(URL, "revokeObjectURL").mockReturnValue();
  videos = new Videos(events);
});

function part(data: Uint8Array<ArrayBuffer>, changes: Partial<VideoSegment> = {}): VideoSegment {
  return { component: 7, playback: 1, sequence: ++sequence, data, isLast: false, ...changes };
}

function begin(changes: Partial<VideoSegment> = {}): void {
  videos.receive(part(new TextEncoder().encode(TYPE), changes));
  source.dispatchEvent(new Event("sourceopen"));
}

const send = (...bytes: number[]): void => videos.receive(part(Uint8Array.from(bytes)));
const finish = (): void => videos.receive(part(new Uint8Array(), { isLast: true }));
const told = (): object => ({ ...events.tell.mock.lastCall?.[0] });
const shown = (): VideoView | null | undefined => events.show.mock.lastCall?.[1];

it("hands the browser one part after the other, and tells what it has taken", () => {
  begin();
  send(1, 2);
  send(3);
  expect(buffer.appended).toEqual([1, 2]);
  buffer.updating = false; // a moment before `updateend`
  send(4);
  expect(buffer.appended).toEqual([1, 2]);
  buffer.done();
  expect(told()).toMatchObject({ playback: 1, received: 2, rate: 1000, samples: 3000, played: 0, state: "paused" });
  buffer.done();
  buffer.done();
  expect(buffer.appended).toEqual([1, 2, 3, 4]);
  expect(told()).toMatchObject({ received: 4, samples: 4000 });
});

it("takes what comes before the browser is ready", () => {
  videos.receive(part(new TextEncoder().encode(TYPE)));
  send(1);
  expect(buffer.appended).toEqual([]);
  source.dispatchEvent(new Event("sourceopen"));
  expect(buffer.appended).toEqual([1]);
});

it("is complete when the last part is in, and then a file", async () => {
  begin();
  send(1, 2);
  finish();
  expect(source.readyState).toBe("open");
  buffer.done();
  expect(source.readyState).toBe("ended");
  await vi.waitFor(() => expect(shown()?.state).toBe("complete"));
  expect([...new Uint8Array((await shown()?.file?.arrayBuffer()) ?? new ArrayBuffer())]).toEqual([1, 2]);
});

it("tells that all was seen, once", () => {
  begin();
  send(1, 2);
  finish();
  buffer.done();
  video.ended = true;
  video.say("ended");
  expect(told()).toMatchObject({ state: "ended", played: 2000 });
  video.say("timeupdate");
  expect(told()).toMatchObject({ state: "ended" });
});

it("tells where it is", () => {
  begin();
  send(1, 2, 3);
  buffer.done();
  video.paused = false;
  video.currentTime = 1.5;
  video.say("timeupdate");
  expect(told()).toMatchObject({ state: "playing", played: 1500, samples: 3000 });
  video.currentTime = 9;
  video.say("timeupdate");
  expect(told()).toMatchObject({ played: 3000 });
});

it("gathers more after each stall, but not where the machine is too slow", () => {
  begin();
  send(1);
  buffer.done();
  video.played = new Ranges([[0, 1]]);
  video.say("waiting");
  expect(video.playbackRate, "a whole second is there").toBe(1);
  video.currentTime = 1;
  video.say("waiting");
  expect(video.playbackRate).toBe(0);
  send(2);
  buffer.done();
  expect(video.playbackRate).toBe(1);
  for (const at of [2, 3, 4]) {
    video.currentTime = at;
    video.say("waiting");
    send(9);
    buffer.done();
  }
  expect(video.playbackRate, "two seconds are wanted by now").toBe(0);
  finish();
  expect(video.playbackRate, "nothing more will come").toBe(1);
});

it("begins where the video begins", () => {
  begin();
  buffer.first = 0.5;
  send(1, 2);
  buffer.done();
  expect(video.currentTime).toBe(0.5);
});

it("makes room in a browser that is full", () => {
  begin();
  buffer.room = 1;
  send(1);
  buffer.done();
  send(2);
  video.currentTime = 20;
  video.say("timeupdate");
  expect(buffer.removed).toEqual([[0, 10]]);
  buffer.done();
  expect(buffer.appended).toEqual([1, 2]);
  buffer.done();
  expect(told()).toMatchObject({ received: 3 });
});

it("stops where it is when it is silenced, and takes nothing more", () => {
  begin();
  send(1, 2);
  buffer.done();
  video.currentTime = 1;
  videos.silence(1);
  expect(video.pause).toHaveBeenCalled();
  expect(told()).toMatchObject({ state: "ended", played: 1000, samples: 2000 });
  expect(source.readyState).toBe("ended");
  send(3);
  expect(buffer.appended).toEqual([1, 2]);
});

it("stops where it is when the viewer has seen enough, and is a file", async () => {
  begin();
  send(1, 2);
  buffer.done();
  video.currentTime = 1;
  videos.stop(7);
  expect(video.pause).toHaveBeenCalled();
  expect(told()).toMatchObject({ state: "ended", played: 1000 });
  await vi.waitFor(() => expect(shown()).toMatchObject({ state: "complete", file: { size: 2 } }));
  videos.stop(8); // plays nothing
});

it("is complete when it is stopped before anything could be played", () => {
  videos.receive(part(new TextEncoder().encode(TYPE)));
  videos.stop(7);
  expect(shown()).toMatchObject({ state: "complete", file: null });
});

it("ignores what was on its way when it was silenced before it began", () => {
  videos.silence(1);
  videos.receive(part(new TextEncoder().encode(TYPE)));
  expect(events.show).not.toHaveBeenCalled();
});

it("gives way to the next video of the component", () => {
  begin();
  const before = video;
  begin({ playback: 2 });
  expect(before.pause).toHaveBeenCalled();
  expect(shown()?.playback).toBe(2);
  expect(shown()?.element).toBe(video);
});

it("does not come back when it has become a file after another one has begun", async () => {
  begin();
  send(1);
  buffer.done();
  videos.silence(1);
  buffer = new FakeBuffer();
  begin({ playback: 2 });
  await new Promise((resolve) => setTimeout(resolve));
  expect(shown()).toMatchObject({ playback: 2, state: "coming" });
});

it("is forgotten when something else is shown", () => {
  begin();
  videos.forget(7);
  expect(events.show).toHaveBeenLastCalledWith(7, null);
  videos.forget(7);
  expect(events.show).toHaveBeenCalledTimes(2);
});

it("tells nobody when the session is over, and counts anew", () => {
  begin();
  send(1);
  buffer.done();
  const before = events.tell.mock.calls.length;
  videos.clear();
  expect(events.tell).toHaveBeenCalledTimes(before);
  videos.forget(7);
  begin();
  expect(shown()?.state).toBe("coming");
});

it("says what it cannot play", () => {
  videos.receive(part(new TextEncoder().encode("video/strange")));
  expect(told()).toMatchObject({ state: "broken", message: "this browser does not play video/strange" });
  expect(shown()?.problem).toBe("This video cannot be played.");
});

it("says when the browser cannot decode it", () => {
  begin();
  send(1);
  video.error = { message: "broken frame" };
  video.say("error");
  expect(told()).toMatchObject({ state: "broken", message: "broken frame" });
});

it("needs a browser that has sources", () => {
  vi.stubGlobal("MediaSource", undefined);
  videos.receive(part(new TextEncoder().encode(TYPE)));
  expect(told()).toMatchObject({ state: "broken" });
});

it("writes its length into its beginning", () => {
  const header = new Uint8Array(40);
  header.set(new TextEncoder().encode("mvhd"), 8);
  new DataView(header.buffer).setUint32(24, 1000);
  const changed = timed(header, 61.5);
  expect(new DataView(changed.buffer).getUint32(28)).toBe(61_500);
  expect(new DataView(header.buffer).getUint32(28), "the given one stays").toBe(0);
  expect(timed(new Uint8Array([1, 2]), 3)).toEqual(new Uint8Array([1, 2]));
});
