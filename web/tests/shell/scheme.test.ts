// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { chosenScheme, schemeSwitch, showScheme } from "../../src/shell/scheme.ts";

beforeEach(() => {
  localStorage.clear();
  showScheme("system");
});

test("the address comes before the visitor's choice, which comes before the system", () => {
  expect(chosenScheme("")).toBe("system");
  localStorage.setItem("millstream:scheme", "light");
  expect(["", "?__theme=dark", "?__theme=pink"].map(chosenScheme)).toEqual(["light", "dark", "light"]);
  localStorage.setItem("millstream:scheme", "<b>");
  expect(chosenScheme("")).toBe("system");
});

test("a choice shows at once and is kept", () => {
  const select = schemeSwitch();
  expect(select.value).toBe("system");
  select.value = "dark";
  select.dispatchEvent(new Event("change"));
  expect(document.documentElement.style.colorScheme).toBe("dark");
  expect(chosenScheme("")).toBe("dark");
  select.value = "system";
  select.dispatchEvent(new Event("change"));
  expect(document.documentElement.style.colorScheme).toBe("");
});
