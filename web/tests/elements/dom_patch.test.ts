// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { patch } from "../../src/elements/parts/dom_patch.ts";

let box: HTMLElement;

beforeEach(() => {
  box = document.createElement("div");
});

describe("patch", () => {
  it("shows what it is given", () => {
    patch(box, "<p>a</p>");
    patch(box, "<p>a</p><ul><li>b</li></ul>");
    expect(box.innerHTML).toBe("<p>a</p><ul><li>b</li></ul>");
    patch(box, "<p>c</p>");
    expect(box.innerHTML).toBe("<p>c</p>");
  });

  it("leaves what is equal where it is, and appends to text", () => {
    patch(box, "<p>one</p><p>two <b>three</b></p><p>fo</p>");
    const [first, second, third] = [...box.children] as [Element, Element, Element];
    const text = third.firstChild as Text;
    patch(box, "<p>one</p><p>two <b>three</b></p><p>four</p>");
    expect([...box.children]).toEqual([first, second, third]);
    expect(third.firstChild).toBe(text);
    expect(text.data).toBe("four");
  });

  it("replaces what became something else", () => {
    patch(box, "<p># a</p>");
    const before = box.firstChild;
    patch(box, '<h1 class="x">a</h1>');
    expect(box.innerHTML).toBe('<h1 class="x">a</h1>');
    expect(box.firstChild).not.toBe(before);
    patch(box, '<h1 class="y">a</h1>');
    expect(box.innerHTML).toBe('<h1 class="y">a</h1>');
  });

  it("keeps styles without an attribute that the policy refuses", () => {
    patch(box, '<p style="color: red">a</p>');
    expect((box.firstChild as HTMLElement).style.color).toBe("red");
  });

  it("opens links in a new tab, and lets the keyboard into what scrolls", () => {
    patch(box, '<p><a href="https://example.org">a</a></p><pre>b</pre>');
    expect(box.querySelector("a")?.target).toBe("_blank");
    expect(box.querySelector("pre")?.tabIndex).toBe(0);
  });
});
