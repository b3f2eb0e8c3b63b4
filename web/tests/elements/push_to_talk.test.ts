// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import { PushToTalk } from "../../src/elements/parts/push_to_talk.ts";

function open(): { button: HTMLButtonElement; record: ReturnType<typeof vi.fn>; talk: PushToTalk } {
  document.body.innerHTML = "<div><button class='ms-record'></button><input></div>";
  const record = vi.fn();
  const talk = new PushToTalk(document.querySelector("div") as HTMLElement, record);
  return { button: document.querySelector("button") as HTMLButtonElement, record, talk };
}

const key = (type: string, on: Element, repeat = false): boolean =>
  on.dispatchEvent(new KeyboardEvent(type, { key: " ", bubbles: true, cancelable: true, repeat }));

test("the button records as long as it is held down, wherever it is let go", () => {
  const { button, record, talk } = open();
  button.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
  expect(record.mock.calls).toEqual([["start"]]);
  window.dispatchEvent(new PointerEvent("pointerup"));
  expect(record.mock.calls).toEqual([["start"], ["stop"]]);
  talk.end();
});

test("so does the space bar, once, and not where somebody writes", () => {
  const { record, talk } = open();
  key("keydown", document.body);
  key("keydown", document.body, true);
  key("keyup", document.body);
  expect(record.mock.calls).toEqual([["start"], ["stop"]]);

  key("keydown", document.querySelector("input") as Element);
  expect(record).toHaveBeenCalledTimes(2);
  talk.end();
});

test("what is held ends with its element, and then nothing is heard any more", () => {
  const { button, record, talk } = open();
  key("keydown", button);
  talk.end();
  expect(record.mock.calls).toEqual([["start"], ["stop"]]);
  key("keydown", document.body);
  expect(record).toHaveBeenCalledTimes(2);
});
