// @vitest-environment happy-dom
import { html, render } from "lit";
import { expect, it, vi } from "vitest";
import { type Styles, styled } from "../../src/elements/parts/styled.ts";

it("sets a style when it changes, and only then", () => {
  const show = (styles: Styles): unknown => render(html`<i ${styled(styles)}></i>`, document.body);
  show({ "--part": 0.25, color: "red" });
  const { style } = document.body.querySelector("i") as HTMLElement;
  expect([style.getPropertyValue("--part"), style.color]).toEqual(["0.25", "red"]);

  const [set, removed] = [vi.spyOn(style, "setProperty"), vi.spyOn(style, "removeProperty")];
  show({ "--part": 0.25, color: "red" });
  expect([set.mock.calls, removed.mock.calls]).toEqual([[], []]);
  show({ "--part": 0.5, color: null });
  show({ "--part": 0.5, color: null });
  expect([set.mock.calls, removed.mock.calls]).toEqual([[["--part", "0.5"]], [["color"]]]);
});
