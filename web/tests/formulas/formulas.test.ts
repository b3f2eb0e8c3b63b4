// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { listen, TYPESET } from "../../src/constants.ts";
import { patch } from "../../src/elements/parts/dom_patch.ts";
import { typeset } from "../../src/formulas/formulas.ts";

// KaTeX does without documents in quirks mode; the one of these tests does not say what it is.
vi.hoisted(() => Object.defineProperty(document, "compatMode", { value: "CSS1Compat" }));

let text: HTMLElement;

beforeEach(() => {
  text = document.createElement("div");
  document.body.replaceChildren(text);
});

function formula(source: string, cut = "2 2"): HTMLElement {
  const element = document.createElement("span");
  element.className = "ms-formula";
  element.dataset.cut = cut;
  element.textContent = source;
  text.append(element);
  return element;
}

test("a formula is typeset, with MathML for assistive technology", () => {
  const element = formula("$$\\frac{a}{b}$$");
  typeset([element]);
  expect(element.querySelector("math mfrac")).not.toBeNull();
  expect(element.querySelector(".katex-html")?.getAttribute("aria-hidden")).toBe("true");
});

test.each([
  "$$\\frac{a}$$",
  "$$\\nosuch$$",
  "$$\\def\\a{\\a\\a}\\a$$",
  `$$${"{".repeat(1000)}$$`,
  `$$${"x".repeat(100_000)}$$`,
])("what is no formula is shown as its source: %.20s", (source) => {
  const element = formula(source);
  typeset([element]);
  expect([element.textContent, element.childElementCount]).toEqual([source, 0]);
  expect(element.title).not.toBe("");
});

test.each([
  "\\href{javascript:alert(1)}{x}",
  "\\url{javascript:alert(1)}",
  "\\includegraphics{https://example.org/a.png}",
  "\\htmlStyle{position:fixed}{x}",
  "\\htmlId{a}{x}",
  "\\htmlData{a=b}{x}",
])("%s runs, loads and marks nothing", (tex) => {
  const element = formula(`$$${tex}$$`);
  typeset([element]);
  expect([element.textContent, element.title]).toEqual([`$$${tex}$$`, `${tex.split("{")[0]} is not allowed here.`]);
  expect(element.querySelector("a, img, [id], [data-a], [style*=fixed]")).toBeNull();
});

test("macros that a formula defines make few tokens in all", () => {
  const element = formula(`$$\\def\\a{${"x".repeat(900)}}${"\\a ".repeat(300)}$$`);
  typeset([element]);
  expect(element.childElementCount).toBe(0);
});

test("lengths are bounded", () => {
  const element = formula("$$\\rule{1000000em}{1em}$$");
  typeset([element]);
  const html = element.querySelector(".katex-html")?.innerHTML ?? "";
  expect(html).toContain("50em");
  expect(html).not.toContain("1000000em");
});

test("many formulas are no single long task", () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  const all = Array.from({ length: 20 }, (_, at) => formula(`$$x_{${at}}$$`));
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now++);
  typeset(all);
  expect(text.querySelectorAll("math").length).toBeLessThan(20);
  vi.runAllTimers();
  expect(text.querySelectorAll("math").length).toBe(20);
  clock.mockRestore();
  vi.useRealTimers();
});

test("a text that grows leaves its typeset formulas alone, and asks for new ones only", () => {
  const asked: number[] = [];
  listen(document, TYPESET, ({ formulas }) => {
    asked.push(formulas.length);
    typeset(formulas);
  });
  const span = (tex: string): string => `<span class="ms-formula" data-cut="2 2">$$${tex}$$</span>`;
  patch(text, `<p>so ${span("a")}</p>`);
  const math = text.querySelector("math");
  patch(text, `<p>so ${span("a")} and ${span("b")}</p>`);
  expect(text.querySelector("math")).toBe(math);
  expect(asked).toEqual([1, 1]);
  patch(text, `<p>so ${span("c")}</p>`);
  expect(text.querySelectorAll("math").length).toBe(1);
  expect(text.querySelector("annotation")?.textContent).toBe("c");
});
