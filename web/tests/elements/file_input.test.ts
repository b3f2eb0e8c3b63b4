// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { listen, UPLOAD } from "../../src/constants.ts";
import { FileInput, type FileInputHost } from "../../src/elements/parts/file_input.ts";

class Host extends EventTarget implements FileInputHost {
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
let fileInput: FileInput;
let uploaded: string[];

beforeEach(() => {
  host = new Host();
  fileInput = new FileInput(host, { kind: "audio" });
  uploaded = [];
  listen(host, UPLOAD, ({ component, file }) => uploaded.push(`${component} ${(file as File).name}`));
});

const file = (name: string, type: string): File => new File(["x"], name, { type });
const dragged = (...files: File[]): DragEvent =>
  ({ preventDefault: vi.fn(), dataTransfer: { files } }) as unknown as DragEvent;
const pasted = (...files: File[]): ClipboardEvent => ({ clipboardData: { files } }) as unknown as ClipboardEvent;

describe("a file input", () => {
  it("takes what fits, and says what does not", () => {
    fileInput.take(null);
    fileInput.take(file("a.txt", "text/plain"));
    expect([fileInput.problem, uploaded]).toEqual(["a.txt is not an audio file.", []]);
    fileInput.take(file("a.wav", "audio/wav"));
    expect([fileInput.problem, uploaded]).toEqual(["", ["7 a.wav"]]);
  });

  it("is a target while something hangs over it that it would take", () => {
    const drag = dragged();
    fileInput.onDrag(drag);
    expect([fileInput.isTarget, host.updates]).toEqual([true, 1]);
    expect(drag.preventDefault).toHaveBeenCalledOnce();
    fileInput.onDrag(drag);
    fileInput.onDragEnd();
    expect([fileInput.isTarget, host.updates]).toEqual([false, 2]);
  });

  it("takes the first file of its kind that is dropped", () => {
    fileInput.onDrag(dragged());
    fileInput.onDrop(dragged(file("a.png", "image/png"), file("b.mp3", "audio/mpeg")));
    expect([uploaded, fileInput.isTarget]).toEqual([["7 b.mp3"], false]);
    fileInput.onDrag(dragged());
    fileInput.onDrop(dragged(file("a.png", "image/png")));
    expect(fileInput.problem).toBe("This is not an audio file.");
  });

  it.each([
    ["records", true, ["upload"]],
    ["takes no uploads", false, ["clipboard"]],
  ])("is no target while it %s", (_, isRecording, ways) => {
    Object.assign(host, { isRecording, ways: new Set(ways) });
    fileInput.onDrag(dragged());
    fileInput.onDrop(dragged(file("b.mp3", "audio/mpeg")));
    expect([fileInput.isTarget, uploaded]).toEqual([false, []]);
  });

  it("takes what is pasted where it may", () => {
    fileInput.onPaste(pasted(file("b.mp3", "audio/mpeg")));
    host.ways.clear();
    fileInput.onPaste(pasted(file("c.mp3", "audio/mpeg")));
    expect(uploaded).toEqual(["7 b.mp3"]);
  });
});
