// @vitest-environment happy-dom
import { expect, it, vi } from "vitest";
// What takes its time is imported before the test begins.
import "../src/elements/index.ts";
import "../src/shell/page.ts";
import "../src/session/session.ts";
import { beginWorker } from "../src/session/begun_worker.ts";
import type { FromWorker, ToWorker } from "../src/workers/port.ts";
import { binding, manifest } from "./session/manifest.ts";

class PageWorker {
  static last: PageWorker;
  posted: ToWorker[] = [];
  onmessage: ((event: { data: FromWorker }) => void) | null = null;

  constructor() {
    PageWorker.last = this;
  }

  postMessage(message: ToWorker): void {
    this.posted.push(message);
  }
}

it("what is pressed before the first paint counts", async () => {
  vi.stubGlobal("Worker", PageWorker);
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  const tree = { id: 0, type: "blocks", children: [{ id: 4, type: "button" }] };
  const { components, ...others } = manifest(binding());
  const button = { type: "button", props: { value: "Go", interactive: true } };
  const declared = document.createElement("script");
  declared.type = "application/json";
  declared.id = "ms-manifest";
  declared.textContent = JSON.stringify({ ...others, root: tree, components: { ...components, 4: button } });
  document.body.append(declared);

  window.millstreamWorker = beginWorker("assets/media.js", "b");
  await import("../src/main.ts");
  await (document.querySelector("ms-button") as HTMLElement & { updateComplete: Promise<boolean> }).updateComplete;
  expect(vi.getTimerCount()).toBeGreaterThan(0);
  document.querySelector<HTMLElement>("ms-button button")?.click();
  vi.advanceTimersByTime(1);
  PageWorker.last.onmessage?.({ data: { type: "welcome", session: "s", build: "b", isResumed: false } });

  expect(PageWorker.last.posted).toContainEqual(
    expect.objectContaining({ type: "send", message: expect.objectContaining({ type: "fire", binding: 0 }) }),
  );
  vi.useRealTimers();
});
