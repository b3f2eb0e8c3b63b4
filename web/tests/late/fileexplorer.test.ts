// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from "vitest";
import { EDIT, type EditDetail, FIRE, type FireDetail, listen } from "../../src/constants.ts";
import { FileExplorer } from "../../src/late/fileexplorer.ts";

let element: FileExplorer;
let fired: FireDetail[];
let seen: (entries: { isIntersecting: boolean }[]) => void;

class Sight {
  constructor(callback: typeof seen) {
    seen = callback;
  }
  observe(): void {}
  disconnect(): void {}
}

async function told(folder: string[], ...entries: [string, boolean, boolean][]): Promise<void> {
  element.props = { ...element.props, listing: { folder, entries, left_out: 0 } };
  await element.updateComplete;
}

beforeEach(async () => {
  vi.stubGlobal("IntersectionObserver", Sight);
  vi.useFakeTimers();
  element = new FileExplorer();
  element.component = 7;
  element.props = {
    ...{ label: "Files", info: null, show_label: true, container: true, interactive: true, visible: true },
    ...{ value: null, multiple: true, height: null, max_height: 500, min_height: null, listing: null },
  } as unknown as FileExplorer["props"];
  document.body.replaceChildren(element);
  fired = [];
  listen(element, FIRE, (fire) => fired.push(fire));
  await element.updateComplete;
  seen([{ isIntersecting: true }]);
  vi.runAllTimers();
  vi.useRealTimers();
});

const rows = (): HTMLElement[] => [...element.querySelectorAll<HTMLElement>('[role="treeitem"]')];
const row = (name: string): HTMLElement => rows().find((each) => each.textContent?.trim() === name) as HTMLElement;
const folders = (): unknown[] => fired.filter(({ event }) => event === "expand").map(({ data }) => data);

it("asks for the folder when it is seen, and for others when they are opened, one after the other", async () => {
  expect(folders()).toEqual([{ folder: [] }]);
  await told([], ["a", true, false], ["b", true, false], ["<i>.txt", false, true]);
  expect(rows().map((each) => each.textContent?.trim())).toEqual(["a", "b", "<i>.txt"]);
  row("a").click();
  row("b").click();
  expect(folders()).toEqual([{ folder: [] }, { folder: ["a"] }]);
  await told(["a"], ["in a", false, true]);
  expect(folders().at(-1)).toEqual({ folder: ["b"] });
  await told(["b"]);
  expect(element.textContent).toContain("empty");
  row("a").click();
  await element.updateComplete;
  expect(row("in a")).toBeUndefined();
});

it("chooses and lets go of files, and of folders only where the pattern has them", async () => {
  const said: EditDetail[] = [];
  listen(element, EDIT, (edit) => said.push(edit));
  await told([], ["a", true, true], ["no", true, false], ["c.txt", false, true]);
  row("c.txt").click();
  for (const name of ["a", "no"]) {
    await element.updateComplete;
    row(name).dispatchEvent(new KeyboardEvent("keydown", { key: " ", bubbles: true, cancelable: true }));
  }
  await element.updateComplete;
  row("c.txt").click();
  expect(said.map(({ value }) => value)).toEqual([[["c.txt"]], [["c.txt"], ["a"]], [["a"]]]);
  element.props = { ...element.props, multiple: false, value: [["c.txt"]] };
  await element.updateComplete;
  expect(row("c.txt").getAttribute("aria-selected")).toBe("true");
  element.props = { ...element.props, interactive: false };
  await element.updateComplete;
  row("c.txt").click();
  expect(said).toHaveLength(3);
});

it("opens the folders on the way to files that the app chooses, and leaves closed what the user closes", async () => {
  await told([], ["a", true, false], ["b", true, false]);
  element.props = { ...element.props, value: [["a", "in", "deep.txt"]] };
  await element.updateComplete;
  await told(["a"], ["in", true, false]);
  await told(["a", "in"], ["deep.txt", false, true]);
  expect(folders()).toEqual([{ folder: [] }, { folder: ["a"] }, { folder: ["a", "in"] }]);
  expect(row("deep.txt").getAttribute("aria-selected")).toBe("true");
  row("a").click();
  element.props = { ...element.props, value: [["a", "in", "deep.txt"], ["top.txt"]] };
  await element.updateComplete;
  expect(row("deep.txt")).toBeUndefined();
});
