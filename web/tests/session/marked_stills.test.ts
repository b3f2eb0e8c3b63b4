import { beforeEach, expect, test, vi } from "vitest";
import { MarkedStills } from "../../src/session/marked_stills.ts";

const OUT = 4;

/** The scales that were drawn at, and the callbacks of observers that watch. */
let [scales, watching]: [number[], Set<() => void>] = [[], new Set()];
let image: { clientWidth: number; clientHeight: number; naturalWidth: number; naturalHeight: number };
let stills: MarkedStills;

const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

async function resize(width: number): Promise<void> {
  [image.clientWidth, image.clientHeight] = [width, width / 2];
  for (const each of [...watching]) each();
  await settled();
}

beforeEach(async () => {
  [scales, watching] = [[], new Set()];
  image = { clientWidth: 400, clientHeight: 200, naturalWidth: 4000, naturalHeight: 2000 };
  class Observer {
    private readonly seen: () => void;
    constructor(seen: () => void) {
      this.seen = seen;
    }
    observe(): void {
      watching.add(this.seen);
    }
    disconnect(): void {
      watching.delete(this.seen);
    }
  }
  vi.stubGlobal("ResizeObserver", Observer);
  vi.stubGlobal("fetch", async () => ({ blob: async () => new Blob(), arrayBuffer: async () => new ArrayBuffer(0) }));
  stills = new MarkedStills({
    script: async () =>
      ({
        markStill: async (_file: Blob, _marks: Uint8Array, scale: number) => {
          scales.push(scale);
          return { image: new Blob(), words: "a cat" };
        },
      }) as never,
    show: (_component, source, placed) => void (source as Promise<Blob>).then(() => placed(image as never)),
    describe: () => {},
  });
  stills.show(OUT, "file/cat", "");
  await settled();
});

test("marks are drawn for the size at which the image is shown, and again when that changes", async () => {
  await resize(400);
  await resize(420);
  await resize(0);
  await resize(800);
  expect(scales).toEqual([0, 0.1, 0.2]);
});

test("nothing is drawn any more when something else is shown", async () => {
  stills.forget(OUT);
  await resize(800);
  expect(scales).toEqual([0]);
  expect(watching.size).toBe(0);
});
