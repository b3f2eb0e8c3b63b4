// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { DropZone } from "../../src/elements/parts/dropzone.ts";

const host = {
  addController: vi.fn(),
  removeController: vi.fn(),
  requestUpdate: vi.fn(),
  updateComplete: Promise.resolve(true),
};
let isOpen: boolean;
let taken: string[];
let zone: DropZone;

beforeEach(() => {
  isOpen = true;
  taken = [];
  host.requestUpdate.mockClear();
  zone = new DropZone(
    host,
    () => isOpen,
    (files) => taken.push(...files.map((file) => file.name)),
  );
});

const part = document.createElement("div");
part.append(document.createElement("span"));

function dragged(types: string[], relatedTarget: Node | null = null): DragEvent {
  const dataTransfer = { types, files: [new File(["x"], "a.txt"), new File(["y"], "b.txt")] };
  return { preventDefault: vi.fn(), currentTarget: part, relatedTarget, dataTransfer } as unknown as DragEvent;
}

describe("a drop zone", () => {
  it("takes the files that are dropped on it", () => {
    const event = dragged(["Files"]);
    zone.onDrag(event);
    expect(zone.isTarget).toBe(true);
    expect(event.preventDefault).toHaveBeenCalled();
    zone.onDrop(dragged(["Files"]));
    expect(taken).toEqual(["a.txt", "b.txt"]);
    expect(zone.isTarget).toBe(false);
    expect(host.requestUpdate).toHaveBeenCalledTimes(2);
  });

  it("leaves text to the browser, and everything while it is closed", () => {
    zone.onDrag(dragged(["text/plain"]));
    isOpen = false;
    zone.onDrag(dragged(["Files"]));
    zone.onDrop(dragged(["Files"]));
    expect(zone.isTarget).toBe(false);
    expect(taken).toEqual([]);
  });

  it("is left when the pointer leaves all of it, not a piece of it", () => {
    zone.onDrag(dragged(["Files"]));
    zone.onDragEnd(dragged(["Files"], part.firstChild));
    expect(zone.isTarget).toBe(true);
    zone.onDragEnd(dragged(["Files"], document.body));
    expect(zone.isTarget).toBe(false);
  });
});
