// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { colourCode } from "../../src/elements/parts/code_block.ts";
import { patch } from "../../src/elements/parts/dom_patch.ts";
import { MAX_COLOURED } from "../../src/highlight/highlight.ts";

function block(code: string, language = "python"): string {
  return `<div class="ms-code"><div class="ms-code-head"><span>${language}</span></div><pre><code class="language-${language}">${code}</code></pre></div>`;
}

describe("colourCode", () => {
  it("colours code and leaves its text as it is", () => {
    const box = document.createElement("div");
    box.innerHTML = `${block("def f():\n  return 'x'\n")}<pre><code class="language-python">def g()</code></pre>`;
    colourCode(box);
    const [code, other] = [...box.querySelectorAll("code")] as Element[] as [Element, Element];
    expect(code.querySelector(".ms-c-k")?.textContent).toBe("def");
    expect(code.textContent).toBe("def f():\n  return 'x'\n");
    expect(other.childElementCount).toBe(0);
  });

  it("makes no markup of code", () => {
    const box = document.createElement("div");
    box.innerHTML = block("&lt;img src=x onerror=alert(1)&gt; '&lt;script&gt;'", "html");
    colourCode(box);
    expect(box.querySelector("img, script")).toBeNull();
    expect(box.querySelector("code")?.textContent).toBe("<img src=x onerror=alert(1)> '<script>'");
  });

  it("colours no more than a page can bear", () => {
    const box = document.createElement("div");
    box.innerHTML = block("1 ".repeat(MAX_COLOURED)).repeat(5);
    colourCode(box);
    expect(box.querySelectorAll("span").length).toBeLessThan(10_000);
    expect(box.querySelectorAll("code")[4]?.textContent).toBe("1 ".repeat(MAX_COLOURED));
  });

  it("keeps the words that are there while code grows", () => {
    const box = document.createElement("div");
    patch(box, block("def f():\n  ret"));
    const first = box.querySelector(".ms-c-k");
    patch(box, block("def f():\n  return 1\n"));
    expect(box.querySelector(".ms-c-k")).toBe(first);
    expect(box.querySelector("code")?.textContent).toBe("def f():\n  return 1\n");
  });
});
