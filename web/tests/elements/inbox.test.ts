// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { listen, UPLOAD } from "../../src/constants.ts";
import { Inbox, type InboxHost } from "../../src/elements/parts/inbox.ts";

class Host extends EventTarget implements InboxHost {
  component = 7;
  isRecording = false;
  ways = new Set(["upload", "clipboard"]);
  updates = 0;
  updateComplete = Promise.resolve(true);
  addController = vi.fn();
  removeController = vi.fn();

  offers(source: string): boolean {
    return this.ways.has(source);
  }

  requestUpdate(): void {
    this.updates++;
  }
}

let host: Host;
let inbox: Inbox;
let uploaded: string[];

beforeEach(() => {
  host = new Host();
  inbox = new Inbox(host, { kind: "audio", noun: "audio" });
  uploaded = [];
  listen(host, UPLOAD, ({ component, file }) => uploaded.push(`${component} ${file.name}`));
});

const file = (name: string, type: string): File => new File(["x"], name, { type });
const dragged = (...files: File[]): DragEvent =>
  ({ preventDefault: vi.fn(), dataTransfer: { files } }) as unknown as DragEvent;
const pasted = (...files: File[]): ClipboardEvent => ({ clipboardData: { files } }) as unknown as ClipboardEvent;

describe("an inbox", () => {
  it("takes what fits, and says what does not", () => {
    inbox.take(null);
    inbox.take(file("a.txt", "text/plain"));
    expect([inbox.problem, uploaded]).toEqual(["a.txt is not audio.", []]);
    inbox.take(file("a.wav", "audio/wav"));
    expect([inbox.problem, uploaded]).toEqual(["", ["7 a.wav"]]);
  });

  it("is a target while something hangs over it that it would take", () => {
    const drag = dragged();
    inbox.onDrag(drag);
    expect([inbox.isTarget, host.updates]).toEqual([true, 1]);
    expect(drag.preventDefault).toHaveBeenCalledOnce();
    inbox.onDrag(drag);
    inbox.onDragEnd();
    expect([inbox.isTarget, host.updates]).toEqual([false, 2]);
  });

  it("takes the first file of its kind that is dropped", () => {
    inbox.onDrag(dragged());
    inbox.onDrop(dragged(file("a.png", "image/png"), file("b.mp3", "audio/mpeg")));
    expect([uploaded, inbox.isTarget]).toEqual([["7 b.mp3"], false]);
    inbox.onDrag(dragged());
    inbox.onDrop(dragged(file("a.png", "image/png")));
    expect(inbox.problem).toBe("This is not audio.");
  });

  it.each([
    ["records", true, ["upload"]],
    ["takes no uploads", false, ["clipboard"]],
  ])("is no target while it %s", (_, isRecording, ways) => {
    Object.assign(host, { isRecording, ways: new Set(ways) });
    inbox.onDrag(dragged());
    inbox.onDrop(dragged(file("b.mp3", "audio/mpeg")));
    expect([inbox.isTarget, uploaded]).toEqual([false, []]);
  });

  it("takes what is pasted where it may", () => {
    inbox.onPaste(pasted(file("b.mp3", "audio/mpeg")));
    host.ways.clear();
    inbox.onPaste(pasted(file("c.mp3", "audio/mpeg")));
    expect(uploaded).toEqual(["7 b.mp3"]);
  });
});
