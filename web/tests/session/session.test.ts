// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EDIT, emit, FIRE, RECORD, UPLOAD } from "../../src/constants.ts";
import type { Props } from "../../src/manifest.ts";
import { beginWorker } from "../../src/session/begun_worker.ts";
import { Session } from "../../src/session/session.ts";
import type { View } from "../../src/shell/view.ts";
import type { Fire } from "../../src/wire/messages.ts";
import type { FromWorker, ToWorker } from "../../src/workers/port.ts";
import { binding, manifest, STREAM } from "./manifest.ts";

class FakeWorker {
  static last: FakeWorker;
  posted: ToWorker[] = [];
  onmessage: ((event: { data: FromWorker }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly url: string;

  constructor(url: URL) {
    this.url = url.href;
    FakeWorker.last = this;
  }

  postMessage(message: ToWorker): void {
    this.posted.push(message);
  }
}

/** A request whose answer the test gives. */
class FakeRequest {
  static last: FakeRequest;
  upload: { onprogress?: (event: object) => void } = {};
  status = 0;
  response: unknown = null;
  headers: { [name: string]: string } = {};
  opened: string[] = [];
  onload: () => void = () => {};
  onerror: () => void = () => {};
  onabort: () => void = () => {};

  constructor() {
    FakeRequest.last = this;
  }

  open(method: string, url: URL): void {
    this.opened = [method, url.pathname + url.search];
  }

  setRequestHeader(name: string, value: string): void {
    this.headers[name] = value;
  }

  send(): void {}

  abort(): void {
    this.onabort();
  }

  answer(status: number, response: unknown): void {
    Object.assign(this, { status, response });
    this.onload();
  }
}

const view = {
  applyProps: vi.fn(),
  empty: vi.fn(),
  declare: vi.fn(),
  forget: vi.fn(),
  setStream: vi.fn(),
  setLevel: vi.fn(),
  setAudio: vi.fn(),
  setVideo: vi.fn(),
  setHeard: vi.fn(),
  setRun: vi.fn(),
  setUpload: vi.fn(),
  refuse: vi.fn(() => false),
  connection: vi.fn(),
  toast: vi.fn(),
  latency: vi.fn(),
  surface: vi.fn(() => null),
} satisfies View;

let root: HTMLElement;
let session: Session;

beforeEach(() => {
  vi.clearAllMocks();
  sessionStorage.clear();
  vi.stubGlobal("Worker", FakeWorker);
  vi.stubGlobal("XMLHttpRequest", FakeRequest);
  root = document.createElement("main");
  document.body.append(root);
  const stream = binding({ id: 2, targets: [[3, "stream"]], inputs: [3], outputs: [2], stream: STREAM });
  const uploaded = binding({ id: 3, targets: [[3, "upload"]] });
  session = new Session(
    manifest(binding(), binding({ id: 1, js: true, handler: false }), stream, uploaded),
    beginWorker("assets/media.js", "b"),
    root,
    view,
  );
  session.start();
});

afterEach(() => session.close());

const tell = (message: FromWorker): void => FakeWorker.last.onmessage?.({ data: message });
const welcome = (build = "b"): void => tell({ type: "welcome", session: "secret", build, isResumed: false });
const posted = (): ToWorker[] => FakeWorker.last.posted;
const sent = (): object[] => posted().flatMap((message) => (message.type === "send" ? [message.message] : []));
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

it("connects to the socket beside the page", () => {
  expect(FakeWorker.last.url).toMatch(/\/assets\/media\.js$/);
  expect(posted()[0]).toMatchObject({ type: "connect", url: expect.stringMatching(/^ws.*\/ws$/), build: "b" });
  expect(view.connection).toHaveBeenLastCalledWith({ state: "connecting", message: "" });
});

describe("edits and events", () => {
  it("are sent in the order in which they happened", () => {
    welcome();
    emit(root, EDIT, { component: 1, value: "x" });
    emit(root, FIRE, { component: 4, event: "click" });
    expect(sent()).toEqual([
      { type: "set", component: 1, value: "x" },
      expect.objectContaining({ type: "fire", binding: 0, run: 1 }),
    ]);
    expect(session.props(1)).toMatchObject({ value: "x" });
  });

  it("wait for a session, edits first and once", () => {
    emit(root, EDIT, { component: 1, value: "x" });
    emit(root, FIRE, { component: 4, event: "click" });
    emit(root, EDIT, { component: 1, value: "xy" });
    expect(sent()).toEqual([]);
    welcome();
    expect(sent()).toEqual([
      { type: "set", component: 1, value: "xy" },
      expect.objectContaining({ type: "fire", binding: 0 }),
    ]);
  });

  it("of a lost session: what was typed is told to the next one, runs are over", () => {
    welcome();
    emit(root, EDIT, { component: 1, value: "typed" });
    emit(root, EDIT, { component: 2, value: 5 });
    tell({ type: "sent", component: 2, seq: 3 });
    tell({ type: "apply", stream: 0, run: 0, seen: 9, updates: { 2: { value: 6 } }, images: [] });
    tell({ type: "lost", retryMs: 200 });
    FakeWorker.last.posted = [];
    welcome();
    expect(sent()).toEqual([{ type: "set", component: 1, value: "typed" }]);
    expect(view.connection).toHaveBeenLastCalledWith({ state: "open", message: "" });
  });

  it("of a lost session: what it made of the elements is undone", () => {
    welcome();
    tell({ type: "apply", stream: 0, run: 0, seen: 0, updates: { 2: { visible: false } }, images: [] });
    tell({ type: "lost", retryMs: 200 });
    welcome();
    expect(view.applyProps).toHaveBeenLastCalledWith(2, { visible: null });
  });

  it("too large are told to the user", () => {
    tell({ type: "toolarge", message: { type: "set", component: 1, value: "" } });
    expect(view.toast).toHaveBeenCalledWith(expect.objectContaining({ level: "error" }));
  });

  it("too large are events that did not run", () => {
    welcome();
    emit(root, FIRE, { component: 4, event: "click" });
    tell({ type: "toolarge", message: sent().at(-1) as Fire });
    expect(view.setRun).toHaveBeenLastCalledWith(expect.objectContaining({ run: 1, state: "failed" }));
    emit(root, FIRE, { component: 4, event: "click" });
    expect(sent().at(-1)).toMatchObject({ type: "fire", binding: 0, run: 3 });
  });
});

it("applies what one call changes, and remembers it", () => {
  welcome();
  tell({
    type: "apply",
    stream: 1,
    run: 0,
    seen: 9,
    updates: { 1: { value: "a" }, 2: { visible: false } },
    images: [],
  });
  expect(view.applyProps.mock.calls).toEqual([
    [1, { value: "a" }],
    [2, { visible: false }],
  ]);
  expect(session.props(2)).toMatchObject({ value: 1, visible: false });
});

describe("what the user types", () => {
  const apply = (seen: number, props: Props): void =>
    tell({ type: "apply", stream: 1, run: 0, seen, updates: { 1: props }, images: [] });

  beforeEach(() => {
    welcome();
    emit(root, EDIT, { component: 1, value: "ab" });
  });

  it("is not overwritten by a result that was made without it, whose other properties count", () => {
    apply(99, { value: "old", label: "l" });
    tell({ type: "sent", component: 1, seq: 5 });
    apply(4, { value: "old" });
    expect(view.applyProps.mock.calls).toEqual([[1, { label: "l" }]]);
    expect(session.props(1)).toMatchObject({ value: "ab", label: "l" });
  });

  it("is overwritten by one that was made with it", () => {
    tell({ type: "sent", component: 1, seq: 5 });
    apply(5, { value: "AB" });
    expect(session.props(1)).toMatchObject({ value: "AB" });
  });

  it("is not waited for when it was too large", () => {
    tell({ type: "toolarge", message: { type: "set", component: 1, value: "ab" } });
    apply(0, { value: "new" });
    expect(session.props(1)).toMatchObject({ value: "new" });
  });

  it("is told to the next session, whose first values do not undo it", () => {
    tell({ type: "sent", component: 1, seq: 50 });
    tell({ type: "lost", retryMs: 200 });
    welcome();
    apply(1, { value: "computed at load" });
    expect(session.props(1)).toMatchObject({ value: "ab" });
    tell({ type: "sent", component: 1, seq: 2 });
    apply(2, { value: "AB" });
    expect(session.props(1)).toMatchObject({ value: "AB" });
  });
});

it("runs a script that the server asks for, and sends its result", async () => {
  window.millstreamScripts = { 1: (value) => `${value}!` };
  welcome();
  tell({ type: "script", script: { type: "script", binding: 1, inputs: ["go"] } });
  await settle();
  expect(sent()).toEqual([
    { type: "set", component: 2, value: "go!" },
    { type: "fire", binding: 1, run: 1, target: 0, data: null, inputs: [] },
  ]);
  expect(view.applyProps).toHaveBeenCalledWith(2, { value: "go!" });
});

describe("a recording that a handler wants", () => {
  const CAMERA = 3;
  const getUserMedia = vi.fn();
  const states = (): string[] => view.setStream.mock.calls.map(([, { state }]) => state);
  const order = (recording: boolean | null, { component = CAMERA, stream = 0 } = {}): void =>
    tell({ type: "apply", stream, seen: 0, images: [], updates: { [component]: { recording } } } as never);

  beforeEach(() => {
    getUserMedia.mockReset().mockReturnValue(new Promise(() => {}));
    Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia }, configurable: true });
    order(null);
    tell({ type: "apply", stream: 0, seen: 0, images: [], updates: { 3: { interactive: true } } } as never);
    welcome();
  });

  afterEach(() => Reflect.deleteProperty(navigator, "mediaDevices"));

  it("begins and ends as if the user had pressed the button", () => {
    order(true);
    expect(getUserMedia).toHaveBeenCalledOnce();
    expect(states()).toEqual(["starting"]);
    order(false);
    expect(states().at(-1)).toBe("idle");
  });

  it("does nothing if it is so already", () => {
    order(false);
    expect(states()).toEqual([]);
    order(true);
    order(true);
    expect(getUserMedia).toHaveBeenCalledOnce();
    expect(states()).toEqual(["starting"]);
  });

  it("that is refused is told where a click would tell it", async () => {
    getUserMedia.mockRejectedValue(new DOMException("", "NotAllowedError"));
    order(true);
    await settle();
    expect(view.setStream).toHaveBeenLastCalledWith(
      CAMERA,
      expect.objectContaining({ state: "idle", trouble: expect.objectContaining({ code: "refused" }) }),
    );
  });

  it("is not begun in what the app has hidden", () => {
    const updates = { 3: { visible: false, recording: true } };
    tell({ type: "apply", stream: 0, seen: 0, images: [], updates } as never);
    expect(getUserMedia).not.toHaveBeenCalled();
  });

  it("is not begun in what the user may not use", () => {
    tell({
      type: "apply",
      stream: 0,
      seen: 0,
      images: [],
      updates: { 3: { interactive: false, recording: true } },
    } as never);
    expect(getUserMedia).not.toHaveBeenCalled();
  });
});

it("begins to record by itself if the app says so, once", () => {
  session.close();
  const getUserMedia = vi.fn(() => new Promise(() => {}));
  Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia }, configurable: true });
  const declared = manifest(binding());
  Object.assign(declared.components["3"]?.props as Props, { recording: true, interactive: true });
  session = new Session(declared, beginWorker("assets/media.js", "b"), root, view);
  session.start();
  expect(getUserMedia).not.toHaveBeenCalled();
  welcome();
  expect(getUserMedia).toHaveBeenCalledOnce();
  tell({ type: "lost", retryMs: 200 });
  welcome();
  expect(getUserMedia).toHaveBeenCalledOnce();
  Reflect.deleteProperty(navigator, "mediaDevices");
});

it("lets a recording go on that was begun before there was a session", () => {
  session.close();
  const getUserMedia = vi.fn(() => new Promise(() => {}));
  Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia }, configurable: true });
  const declared = manifest(binding());
  Object.assign(declared.components["3"]?.props as Props, { recording: false, interactive: true });
  session = new Session(declared, beginWorker("assets/media.js", "b"), root, view);
  session.start();
  emit(root, RECORD, { component: 3, action: "start" });
  welcome();
  expect(view.setStream.mock.calls.map(([, { state }]) => state)).toEqual(["starting"]);
  Reflect.deleteProperty(navigator, "mediaDevices");
});

it("shows a video until there is another value, and tells the server how far it is", async () => {
  const data = new TextEncoder().encode("video/mp4");
  tell({ type: "video", component: 3, playback: 1, sequence: 1, data, isLast: false });
  await vi.waitFor(() => expect(view.setVideo).toHaveBeenCalled());
  expect(view.setVideo.mock.calls[0]).toEqual([3, expect.objectContaining({ playback: 1, state: "coming" })]);
  const [told] = posted().filter(({ type }) => type === "tell");
  expect(told, "this environment plays no videos").toMatchObject({ message: { type: "played", state: "broken" } });
  tell({ type: "apply", stream: 0, run: 0, seen: 0, images: [], updates: { 3: { value: null } } } as never);
  await vi.waitFor(() => expect(view.setVideo).toHaveBeenLastCalledWith(3, null));
});

describe("another version of the app", () => {
  it("is reloaded once, then told", () => {
    const reload = vi.spyOn(location, "reload").mockImplementation(() => {});
    welcome("other");
    expect(reload).toHaveBeenCalledOnce();
    tell({ type: "refused", refuse: { type: "refuse", code: "version", message: "Reload." } });
    expect(reload).toHaveBeenCalledOnce();
    expect(view.connection).toHaveBeenLastCalledWith({ state: "refused", message: expect.stringMatching(/older/) });
  });
});

it("says so when it is not served", () => {
  tell({ type: "refused", refuse: { type: "refuse", code: "busy", message: "Full." } });
  expect(view.connection).toHaveBeenLastCalledWith({ state: "refused", message: "Full." });
});

describe("an upload", () => {
  const file = new File(["x"], "ü 1.png", { type: "image/png" });

  it("becomes the component's value, and is followed by its event", async () => {
    welcome();
    emit(root, UPLOAD, { component: 3, file });
    await settle();
    expect(FakeRequest.last.opened).toEqual(["POST", "/upload?component=3&name=%C3%BC%201.png"]);
    expect(FakeRequest.last.headers).toEqual({ "X-Millstream-Session": "secret" });
    FakeRequest.last.upload.onprogress?.({ lengthComputable: true, loaded: 1, total: 4 });
    expect(view.setUpload).toHaveBeenLastCalledWith(3, { name: "ü 1.png", fraction: 0.25 });
    const value = { file: "h", name: "ü 1.png", type: "image/png", size: 1 };
    FakeRequest.last.answer(200, value);
    await settle();
    expect(sent()).toEqual([
      { type: "set", component: 3, value },
      expect.objectContaining({ type: "fire", binding: 3 }),
    ]);
    expect(view.applyProps).toHaveBeenCalledWith(3, { value });
    expect(view.setUpload).toHaveBeenLastCalledWith(3, null);
  });

  it("that is refused is told in the server's words", async () => {
    welcome();
    emit(root, UPLOAD, { component: 3, file });
    await settle();
    FakeRequest.last.answer(413, { error: "Too large." });
    await settle();
    expect(view.toast).toHaveBeenCalledWith(expect.objectContaining({ message: "Too large." }));
    expect(sent()).toEqual([]);
  });

  it("that is refused is told where it was dropped, if there is a place for that", async () => {
    view.refuse.mockReturnValueOnce(true);
    welcome();
    emit(root, UPLOAD, { component: 3, file });
    await settle();
    FakeRequest.last.answer(415, { error: "No image." });
    await settle();
    expect(view.refuse.mock.calls).toEqual([[3, "No image."]]);
    expect(view.toast).not.toHaveBeenCalled();
  });

  it("gives way to a newer one", async () => {
    welcome();
    emit(root, UPLOAD, { component: 3, file });
    await settle();
    const first = FakeRequest.last;
    emit(root, UPLOAD, { component: 3, file: new File(["y"], "y.png") });
    await settle();
    first.answer(200, { file: "old" });
    FakeRequest.last.answer(200, { file: "new" });
    await settle();
    expect(sent()[0]).toMatchObject({ value: { file: "new" } });
    expect(view.toast).not.toHaveBeenCalled();
  });
});

describe("Record", () => {
  it("on an insecure page says what to do", async () => {
    vi.stubGlobal("navigator", {});
    welcome();
    emit(root, RECORD, { component: 3, action: "start" });
    await settle();
    expect(view.setStream.mock.lastCall?.[1]).toMatchObject({ state: "idle", trouble: { code: "insecure" } });
  });
});

it("says goodbye when the page is left, and comes back with it", () => {
  welcome();
  window.dispatchEvent(new Event("pagehide"));
  expect(posted().at(-1)).toEqual({ type: "bye" });
  window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  expect(posted().at(-1)).toMatchObject({ type: "connect" });
});

describe("a page that is closed", () => {
  const goodbyes = vi.fn(() => Promise.resolve(new Response()));
  const leave = (): unknown => window.dispatchEvent(new Event("pagehide"));

  beforeEach(() => {
    goodbyes.mockClear();
    vi.stubGlobal("fetch", goodbyes);
    welcome();
  });

  const goodbye = [
    expect.objectContaining({ pathname: "/bye" }),
    { method: "POST", headers: { "X-Millstream-Session": "secret" }, keepalive: true },
  ];

  it("says goodbye by itself over HTTP, where its worker might not get to it", () => {
    tell({ type: "transport", isHttp: true });
    leave();
    expect(goodbyes.mock.calls).toEqual([goodbye]);
  });

  it("does so while its link is lost, since its session would wait for it", () => {
    tell({ type: "lost", retryMs: 1_000 });
    leave();
    expect(goodbyes.mock.calls).toEqual([goodbye]);
  });

  it("leaves it to the WebSocket otherwise", () => {
    leave();
    expect(goodbyes).not.toHaveBeenCalled();
  });
});

it("gives way to another page that has its session, and keeps what was entered", () => {
  welcome();
  emit(root, EDIT, { component: 1, value: "typed" });
  tell({ type: "replaced" });
  expect(view.connection).toHaveBeenLastCalledWith({ state: "refused", message: expect.stringMatching(/another tab/) });
  FakeWorker.last.posted = [];
  for (const event of ["online", "offline"]) window.dispatchEvent(new Event(event));
  expect(posted()).toEqual([]);
  window.dispatchEvent(new Event("pagehide"));
  const next = new Session(manifest(), beginWorker("assets/media.js", "b"), root, view);
  next.start();
  expect(next.props(1)).toMatchObject({ value: "typed" });
  next.close();
});

describe("a link that is lost and comes back", () => {
  const back = (): void => tell({ type: "welcome", session: "secret", build: "b", isResumed: true });

  beforeEach(() => {
    welcome();
    vi.clearAllMocks();
    FakeWorker.last.posted = [];
  });

  it("changes nothing: values, runs and what was typed are as they were", () => {
    emit(root, EDIT, { component: 1, value: "typed" });
    emit(root, FIRE, { component: 4, event: "click" });
    tell({ type: "lost", retryMs: 0 });
    back();
    expect(sent()).toHaveLength(2);
    expect(view.setRun).not.toHaveBeenCalled();
    expect(view.applyProps).not.toHaveBeenCalled();
    expect(view.toast).not.toHaveBeenCalled();
    expect(view.connection).toHaveBeenLastCalledWith({ state: "open", message: "" });
    expect(session.props(1)).toMatchObject({ value: "typed" });
  });

  it("gets what happened meanwhile, once and in order, and results do not undo it", () => {
    tell({ type: "lost", retryMs: 0 });
    emit(root, EDIT, { component: 1, value: "a" });
    emit(root, EDIT, { component: 1, value: "ab" });
    emit(root, FIRE, { component: 4, event: "click" });
    expect(sent()).toEqual([]);
    back();
    expect(sent()).toEqual([
      { type: "set", component: 1, value: "ab" },
      expect.objectContaining({ type: "fire", run: 1 }),
    ]);
    tell({ type: "apply", stream: 0, run: 0, seen: 3, updates: { 1: { value: "old" } }, images: [] });
    expect(session.props(1)).toMatchObject({ value: "ab" });
    tell({ type: "sent", component: 1, seq: 4 });
    tell({ type: "apply", stream: 0, run: 0, seen: 4, updates: { 1: { value: "AB" } }, images: [] });
    expect(session.props(1)).toMatchObject({ value: "AB" });
  });

  it("too late begins another session, which says what was lost if anything was", () => {
    tell({ type: "lost", retryMs: 0 });
    welcome();
    expect(view.toast).not.toHaveBeenCalled();
    emit(root, EDIT, { component: 1, value: "typed" });
    emit(root, FIRE, { component: 4, event: "click" });
    tell({ type: "lost", retryMs: 0 });
    welcome();
    expect(view.toast).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ level: "info", durationS: 15, message: expect.stringContaining("started over") }),
    );
    expect(view.toast.mock.lastCall?.[0].message).toContain("What you entered is still here.");
    expect(sent().at(-1)).toEqual({ type: "set", component: 1, value: "typed" });
  });

  it.each([true, false])(
    "gets an event that the server did not begin any more once it is served again (%s)",
    (isResumed) => {
      const ended = vi.fn();
      emit(root, FIRE, { component: 3, event: "upload", ended });
      const run = {
        type: "runstate" as const,
        run: 1,
        call: 7,
        binding: 3,
        position: 0,
        eta_s: -1,
        message: "",
        problems: {},
      };
      tell({ type: "run", state: { ...run, state: "later" } });
      expect(sent()).toHaveLength(1);
      tell({ type: "lost", retryMs: 0 });
      tell({ type: "welcome", session: "next", build: "b", isResumed });
      expect(sent()).toEqual([sent()[0], sent()[0]]);
      expect(ended).not.toHaveBeenCalled();
      tell({ type: "run", state: { ...run, state: "done", answer: 3 } });
      expect(ended).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ state: "done", answer: 3 }));
    },
  );

  it.each(["online", "offline"])("is tested, or tried at once, when the browser is %s", (event) => {
    window.dispatchEvent(new Event(event));
    expect(posted()).toEqual([expect.objectContaining({ type: "connect" })]);
  });

  it("is tested when the browser lets the page go on", () => {
    document.dispatchEvent(new Event("resume"));
    expect(posted()).toEqual([expect.objectContaining({ type: "connect" })]);
  });

  it("is given up by a page that rests, without a goodbye, and asked for when it is back", () => {
    window.dispatchEvent(Object.assign(new Event("pagehide"), { persisted: true }));
    window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    expect(posted().map(({ type }) => type)).toEqual(["suspend", "connect"]);
  });
});

describe("a server that does not serve the page", () => {
  beforeEach(() => welcome());

  it("for now is waited for, and the session goes on", () => {
    tell({ type: "lost", retryMs: 0 });
    tell({ type: "refused", refuse: { type: "refuse", code: "shutdown", message: "In a moment." } });
    expect(view.connection).toHaveBeenLastCalledWith({ state: "refused", message: "In a moment." });
    tell({ type: "welcome", session: "secret", build: "b", isResumed: true });
    expect(view.connection).toHaveBeenLastCalledWith({ state: "open", message: "" });
    expect(view.toast).not.toHaveBeenCalled();
  });

  it("because the app is newer leaves it to the user to reload, who keeps what was entered", () => {
    const reload = vi.spyOn(location, "reload").mockImplementation(() => {});
    tell({ type: "lost", retryMs: 0 });
    tell({ type: "refused", refuse: { type: "refuse", code: "version", message: "" } });
    expect(view.connection).toHaveBeenLastCalledWith({ state: "refused", message: expect.stringMatching(/older/) });
    expect(reload).not.toHaveBeenCalled();
    emit(root, EDIT, { component: 1, value: "typed after that" });
    window.dispatchEvent(new Event("pagehide"));
    const next = new Session(manifest(), beginWorker("assets/media.js", "b"), root, view);
    next.start();
    expect(next.props(1)).toMatchObject({ value: "typed after that" });
    expect(view.applyProps).toHaveBeenLastCalledWith(1, { value: "typed after that" });
    next.close();
  });
});

describe("a worker that fails", () => {
  it("at the start leaves nothing to hope for", () => {
    FakeWorker.last.onerror?.();
    expect(view.connection).toHaveBeenLastCalledWith(expect.objectContaining({ state: "refused" }));
  });

  it("later is told, and the page goes on", () => {
    welcome();
    FakeWorker.last.onerror?.();
    expect(view.toast).toHaveBeenCalledOnce();
    expect(view.connection).toHaveBeenLastCalledWith({ state: "open", message: "" });
  });
});

it("listens no more after it was closed", () => {
  welcome();
  session.close();
  emit(root, FIRE, { component: 4, event: "click" });
  expect(sent()).toEqual([]);
});

describe("what the app has hidden", () => {
  const hide = (component: number, props: Props = { visible: false }): void =>
    tell({ type: "apply", stream: 0, run: 0, seen: 0, updates: { [component]: props }, images: [], upTo: 7 });

  it("is neither fired nor set by what the page itself does there", () => {
    welcome();
    hide(4);
    hide(1);
    emit(root, FIRE, { component: 4, event: "click" });
    emit(root, EDIT, { component: 1, value: "x" });
    expect(sent()).toEqual([]);
    hide(4, { visible: true });
    emit(root, FIRE, { component: 4, event: "click" });
    expect(sent()).toMatchObject([{ type: "fire", binding: 0 }]);
  });

  it("is told with how far the page has come", () => {
    welcome();
    hide(2);
    emit(root, FIRE, { component: 4, event: "click" });
    expect(posted().at(-1)).toMatchObject({ type: "send", seen: 7 });
  });

  it("does not get what was uploaded, and the user is told", async () => {
    welcome();
    emit(root, UPLOAD, { component: 3, file: new File(["x"], "x.png") });
    await settle();
    hide(3);
    FakeRequest.last.answer(200, { file: "h", name: "x.png", type: "image/png" });
    await settle();
    expect(sent()).toEqual([]);
    expect(view.toast).toHaveBeenCalledWith(
      expect.objectContaining({ message: "x.png came too late: it is not wanted here any more." }),
    );
  });
});

describe("an upload on its way", () => {
  const file = new File(["x"], "x.png");
  const value = { file: "h", name: "x.png", type: "image/png" };

  it("does not come back when it was taken back", async () => {
    welcome();
    emit(root, UPLOAD, { component: 3, file });
    await settle();
    emit(root, EDIT, { component: 3, value: null });
    FakeRequest.last.answer(200, value);
    await settle();
    expect(sent()).toEqual([{ type: "set", component: 3, value: null }]);
    expect(view.setUpload).toHaveBeenLastCalledWith(3, null);
  });

  it("gives way to what a newer run writes, and not to an older one", async () => {
    welcome();
    const write = (run: number): void =>
      tell({ type: "apply", stream: 0, run, seen: 0, updates: { 3: { value: null } }, images: [] });
    emit(root, FIRE, { component: 4, event: "click" });
    emit(root, UPLOAD, { component: 3, file });
    await settle();
    write(1);
    FakeRequest.last.answer(200, value);
    await settle();
    expect(sent().filter((message) => "component" in message && message.component === 3)).toEqual([
      { type: "set", component: 3, value },
    ]);
    emit(root, UPLOAD, { component: 3, file });
    await settle();
    emit(root, FIRE, { component: 4, event: "click" });
    write(99);
    FakeRequest.last.answer(200, value);
    await settle();
    expect(sent().filter((message) => "component" in message && message.component === 3)).toHaveLength(1);
  });

  it("is sent again when its connection breaks, once there is a link, and in the end given up", async () => {
    vi.useFakeTimers();
    welcome();
    emit(root, UPLOAD, { component: 3, file });
    await vi.advanceTimersByTimeAsync(0);
    const first = FakeRequest.last;
    tell({ type: "lost", retryMs: 200 });
    first.onerror();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(FakeRequest.last).toBe(first);
    tell({ type: "welcome", session: "secret", build: "b", isResumed: true });
    for (let broken = 1; broken < 5; broken++) {
      await vi.advanceTimersByTimeAsync(500);
      expect(view.toast).not.toHaveBeenCalled();
      FakeRequest.last.onerror();
    }
    await vi.advanceTimersByTimeAsync(500);
    expect(view.toast).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ message: "x.png could not be sent: the connection broke. Try again." }),
    );
    vi.useRealTimers();
  });

  it("is sent again to the next session", async () => {
    welcome();
    emit(root, UPLOAD, { component: 3, file });
    await settle();
    const first = FakeRequest.last;
    tell({ type: "lost", retryMs: 200 });
    await settle();
    expect(view.toast).not.toHaveBeenCalled();
    tell({ type: "welcome", session: "another", build: "b", isResumed: false });
    await settle();
    expect(FakeRequest.last).not.toBe(first);
    expect(FakeRequest.last.headers).toEqual({ "X-Millstream-Session": "another" });
    FakeRequest.last.answer(200, value);
    await settle();
    expect(sent()[0]).toEqual({ type: "set", component: 3, value });
  });
});
