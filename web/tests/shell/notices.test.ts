// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Notices } from "../../src/shell/notices.ts";
import type { ToastView } from "../../src/states.ts";

const LOW: ToastView = { level: "warning", title: "", message: "Low light", durationS: 10 };
let notices: Notices;

beforeEach(() => {
  vi.useFakeTimers();
  notices = new Notices();
  document.body.replaceChildren(notices.element);
});
afterEach(() => vi.useRealTimers());

const cards = (): Element[] => [...notices.element.querySelectorAll(".ms-toast")];
const counts = (): string[] => cards().map((card) => card.querySelector("i")?.textContent ?? "");
const press = (card: Element | undefined): void => card?.querySelector("button")?.click();

describe("equal toasts", () => {
  it("are one, with a count that is not read out", () => {
    notices.toast(LOW);
    expect(counts()).toEqual([""]);
    const live = cards()[0]?.querySelector(".ms-times");
    notices.toast(LOW);
    notices.toast(LOW);
    expect(counts()).toEqual(["×3"]);
    expect(cards()[0]?.querySelector(".ms-times")).toBe(live);
    expect(live?.getAttribute("aria-live")).toBe("off");
    expect(live?.querySelector(".ms-sr")?.textContent).toBe("3 times");
    expect(cards()[0]?.getAttribute("role")).toBe("alert");
  });

  it("add up what the server has counted", () => {
    notices.toast(LOW);
    notices.toast({ ...LOW, count: 29 });
    expect(counts()).toEqual(["×30"]);
  });

  it("stay as long as if the first had come last", () => {
    notices.toast(LOW);
    vi.advanceTimersByTime(9_000);
    notices.toast(LOW);
    vi.advanceTimersByTime(9_000);
    expect(cards()).toHaveLength(1);
    vi.advanceTimersByTime(1_000);
    expect(cards()).toHaveLength(0);
  });

  it.each([{ message: "Dark" }, { title: "Camera" }, { level: "info" as const }])("but for %o are two", (other) => {
    notices.toast(LOW);
    notices.toast({ ...LOW, ...other });
    expect(counts()).toEqual(["", ""]);
  });

  it("do not flood the page for minutes", () => {
    notices.toast(LOW);
    const elements = notices.element.querySelectorAll("*").length;
    for (let i = 0; i < 3_600; i++) {
      notices.toast(LOW);
      vi.advanceTimersByTime(33);
    }
    expect(counts()).toEqual(["×3601"]);
    expect(notices.element.querySelectorAll("*").length).toBeLessThan(elements + 4);
  });

  it("that are closed stay closed while they go on, and come again later", () => {
    notices.toast(LOW);
    press(cards()[0]);
    for (let i = 0; i < 20; i++) {
      vi.advanceTimersByTime(250);
      notices.toast(LOW);
    }
    expect(cards()).toHaveLength(0);
    vi.advanceTimersByTime(1_100);
    notices.toast(LOW);
    expect(counts()).toEqual([""]);
  });
});

it("keeps the element of a toast that moves up", () => {
  notices.toast(LOW);
  notices.toast({ ...LOW, message: "Dark" });
  const second = cards()[1];
  press(cards()[0]);
  expect(cards()).toEqual([second]);
});

it("lets a toast go after another was closed from the keyboard", () => {
  notices.toast(LOW);
  notices.toast({ ...LOW, message: "Dark" });
  notices.element.dispatchEvent(new Event("focusin"));
  vi.advanceTimersByTime(60_000);
  expect(cards()).toHaveLength(2);
  press(cards()[0]);
  vi.advanceTimersByTime(10_000);
  expect(cards()).toHaveLength(0);
});

describe("the state of the connection", () => {
  const words = (): string => notices.element.querySelector(".ms-link")?.textContent?.replace(/\s+/g, " ").trim() ?? "";

  it("is said until it is another", () => {
    notices.setConnection({ state: "lost", message: "Reconnecting…" });
    notices.setConnection({ state: "connecting", message: "" });
    expect(words()).toBe("Reconnecting…");
    notices.setConnection({ state: "refused", message: "The app is being restarted." });
    expect(words()).toBe("The app is being restarted.Reload");
    notices.setConnection({ state: "open", message: "" });
    expect(words()).toBe("");
  });

  it("is not said of the first attempt", () => {
    notices.setConnection({ state: "connecting", message: "" });
    expect(words()).toBe("");
  });
});
