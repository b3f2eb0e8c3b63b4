// @vitest-environment happy-dom
import { render } from "lit";
import { afterEach, expect, test, vi } from "vitest";
import { errorText } from "../../src/elements/parts/error_text.ts";

const TEXT = "ValueError: the reason\nTry again.\napp.py, line 12, in greet()\n/home/ada/my apps/app.py:12";

function shown(text: string): HTMLElement {
  const place = document.createElement("p");
  render(errorText(text), place);
  return place;
}

afterEach(() => {
  window.location.href = "http://localhost:7860/";
});

test("a sentence of the server is said in the language of the page", async () => {
  vi.resetModules();
  const words = document.createElement("script");
  words.id = "ms-words";
  words.textContent = JSON.stringify({ "": { "It was stopped.": "Gestoppt." }, "It went on.": "Es ging weiter." });
  document.head.append(words);
  const { errorText: said } = await import("../../src/elements/parts/error_text.ts");
  expect([said("It was stopped."), said("It went on."), said("")]).toEqual(["Gestoppt.", "It went on.", ""]);
  words.remove();
});

test("the developer gets a link to the line of the handler", () => {
  window.location.href = "http://127.0.0.1:7860/";
  const place = shown(TEXT);
  const link = place.querySelector("a") as HTMLAnchorElement;
  expect(link.getAttribute("href")).toBe("vscode://file/home/ada/my%20apps/app.py:12");
  expect(link.textContent).toBe("app.py, line 12, in greet()");
  expect(place.textContent).toContain("ValueError: the reason\nTry again.\n");
  expect(place.textContent).not.toContain("/home/ada");
});

test("a path of Windows becomes a link too", () => {
  window.location.href = "http://localhost:7860/";
  const link = shown("E\napp.py, line 3\nC:\\Users\\Ada\\app.py:3").querySelector("a");
  expect(link?.getAttribute("href")).toBe("vscode://file/C:/Users/Ada/app.py:3");
});

test("a text that ends alike is a text anywhere else", () => {
  window.location.href = "https://example.org/";
  expect(errorText(TEXT)).toBe(TEXT);
});

test.each(["no", "two\nlines", "x\njavascript:alert(1):1", "place\n/app.py"])("%j has no link", (text) => {
  window.location.href = "http://localhost/";
  expect(errorText(text)).toBe(text);
});
