// @vitest-environment happy-dom

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import golden from "../../../tests/golden/templates.json";
import { EDIT, FIRE, listen, UPLOAD } from "../../src/constants.ts";
import { morph } from "../../src/late/htmltemplate/morph.ts";
import { Runtime, type Template } from "../../src/late/htmltemplate/runtime.ts";
import type { ServerFunctions } from "../../src/late/htmltemplate/server_functions.ts";
import { HtmlTemplate } from "../../src/late/htmltemplate.ts";

interface Golden {
  source: string;
  props: Record<string, unknown>;
  text: string;
  compiled: string;
}

const GOLDEN = golden as unknown as Golden[];

/** What cleans needs the DOM of a browser: tests/browser/test_html_templates.py. */
class Uncleaned extends Runtime {
  override html(value: unknown): string {
    return String(value ?? "");
  }
}

const runtime = new Uncleaned();

/** What the server writes into the page is compiled by no script of the page. */
function compiled(source: string): Template {
  return new Function(`return ${source}`)() as Template;
}

test.each(GOLDEN)("$source", ({ compiled: source, props, text }) => {
  const template = compiled(source);
  expect(template(props, runtime)).toBe(text);
});

const PROPS = {
  ...{
    label: "Stars",
    info: null,
    show_label: false,
    container: false,
    interactive: true,
    visible: true,
    elem_id: null,
  },
  ...{ elem_classes: [], scale: null, min_width: 160, value: 3, given: { size: 2 }, prose: true, padding: false },
  ...{ min_height: null, max_height: null, autoscroll: false },
};

async function made(
  templates: NonNullable<Window["millstreamTemplates"]>[number],
  more: object = {},
): Promise<HtmlTemplate> {
  window.millstreamTemplates = { 7: templates };
  const element = new HtmlTemplate();
  element.component = 7;
  element.props = { ...PROPS, ...more };
  document.body.append(element);
  await element.updateComplete;
  return element;
}

let said: unknown[] = [];
const ends: (() => void)[] = [];

beforeEach(() => {
  said = [];
  ends.push(
    listen(document, EDIT, (edit) => said.push(edit)),
    listen(document, FIRE, (fire) => said.push(fire)),
  );
});

afterEach(() => {
  for (const end of ends.splice(0)) end();
  document.body.replaceChildren();
});

test("a script edits the value, fires events with data, and its listeners survive", async () => {
  const element = await made({
    html: (props) => `<button title="${props["value"]}">${props["size"]}</button>`,
    load: async (body, trigger, props) => {
      body.querySelector("button")?.addEventListener("click", () => {
        props["value"] = (props["value"] as number) + 1;
        props["size"] = 9;
        trigger("rated", { by: [1, undefined] });
      });
    },
  });
  const button = element.querySelector("button") as HTMLButtonElement;
  button.click();
  await element.updateComplete;
  expect(element.querySelector("button")).toBe(button);
  expect([button.title, button.textContent]).toEqual(["4", "9"]);
  expect(said).toEqual([
    { component: 7, value: 4 },
    { component: 7, event: "input", data: undefined },
    { component: 7, event: "rated", data: { by: [1, null] } },
  ]);
});

test("a script calls the app's functions, and gets what they return or the reason why not", async () => {
  const got: unknown[] = [];
  const load = async (_body: unknown, _trigger: unknown, _props: unknown, server: ServerFunctions): Promise<void> => {
    for (const said of [[1, undefined], [2]])
      got.push(await server["add"]?.(...said).catch((error: Error) => error.message));
    got.push(Object.keys(server));
  };
  const outcomes = [
    { state: "done", message: "", answer: { sum: 3 } },
    { state: "failed", message: "No.", answer: null },
  ];
  const end = listen(document, FIRE, ({ ended }) => ended?.(outcomes.shift() ?? null));
  await made({ html: () => "x", load }, { functions: ["add"] });
  await vi.waitFor(() => expect(got).toEqual([{ sum: 3 }, "No.", ["add"]]));
  expect(said).toMatchObject([
    { event: "server.add", data: [1, null] },
    { event: "server.add", data: [2] },
  ]);
  got.length = 0;
  await made({ html: () => "x", load }, { functions: ["add"], interactive: false });
  await vi.waitFor(() => expect(got[0]).toMatch(/add\(\) gave no result/));
  expect(said).toHaveLength(2);
  end();
});

test("a script uploads a file, and gets what stands for it", async () => {
  const got: unknown[] = [];
  type Upload = (file: File) => Promise<unknown>;
  const load = async (_b: unknown, _t: unknown, _p: unknown, _s: unknown, upload: Upload): Promise<void> => {
    got.push(await upload(new File(["x"], "a.txt")));
    await upload(new File(["x"], "b.txt")).catch((error: Error) => got.push(error.message));
  };
  const end = listen(document, UPLOAD, ({ file, alone }) => {
    const value = { file: "SECRET", name: (file as File).name, type: "text/plain", size: 1 };
    alone?.(value.name === "a.txt" ? Promise.resolve(value) : Promise.reject(new Error("Too large.")));
  });
  await made({ html: () => "x", load });
  await vi.waitFor(() => expect(got).toHaveLength(2));
  expect(got).toMatchObject([{ path: "SECRET", orig_name: "a.txt", mime_type: "text/plain", size: 1 }, "Too large."]);
  expect((got[0] as { url: string }).url).toMatch(/\/file\/SECRET$/);
  end();
});

test("changes by the app win over what the script wrote, and are watched", async () => {
  const watched: unknown[] = [];
  const element = await made({
    html: (props) => `<i>${props["value"]}${props["size"]}</i>`,
    load: async (_body, _trigger, props, _server, _upload, watch) => {
      props["size"] = 5;
      watch(["size", "value"], (value) => watched.push(value));
      watch("label", () => watched.push("never"));
    },
  });
  expect(element.textContent?.trim()).toBe("35");
  element.props = { ...element.props, value: 8 };
  await element.updateComplete;
  element.props = { ...element.props, given: { size: 6 } };
  await element.updateComplete;
  expect(element.textContent?.trim()).toBe("86");
  expect(watched).toEqual([8, 6]);
});

test("the style sheet reaches nothing outside, whatever its values are", async () => {
  const element = await made({ html: () => "<b>x</b>", css: () => "b { color: red } } body { display: none } i {" });
  const rules = document.adoptedStyleSheets.flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText));
  expect(rules.some((rule) => rule.includes("body {"))).toBe(false);
  element.remove();
  expect(document.adoptedStyleSheets).toEqual([]);
});

test("no value begins a rule of a style sheet", () => {
  const value = "red } body:has(input[value^=a]) & { background: url(https://x.org/a)</style>";
  expect(new Runtime().css(value)).toBe("red  body:has(input[value^=a]) &  background: url(https://x.org/a)/style>");
});

test("what fails is said in its place", async () => {
  vi.stubGlobal("reportError", () => undefined);
  const absent = await made({
    html: () => {
      throw new ReferenceError("colour is not defined");
    },
  });
  await absent.updateComplete;
  expect(absent.querySelector(".ms-problem")?.textContent).toContain("colour is not defined");
  const element = await made({ html: () => "<b>x</b>", load: async () => Promise.reject(new Error("no camera")) });
  await vi.waitFor(() => expect(element.querySelector(".ms-problem")?.textContent).toContain("js_on_load: no camera"));
  expect(element.querySelector("b")).not.toBeNull();
});

test("elements of the app are put into their place, and stay there", async () => {
  const inside = Object.assign(document.createElement("div"), { id: "ms-inside-7", textContent: "fields" });
  document.body.append(inside);
  window.millstreamTemplates = { 7: { html: (props) => `<h2>${props["value"]}</h2><div class="ms-children"></div>` } };
  const element = new HtmlTemplate();
  element.component = 7;
  element.props = { ...PROPS, inside: "ms-inside-7" };
  document.body.append(element);
  await element.updateComplete;
  expect(element.querySelector(".ms-children")?.contains(inside)).toBe(true);
  element.props = { ...element.props, value: 4 };
  await element.updateComplete;
  expect(element.textContent?.trim()).toBe("4fields");
});

test("a click counts as one where no script listens", async () => {
  const element = await made({ html: () => "<b>x</b>" });
  (element.querySelector("b") as HTMLElement).click();
  expect(said).toEqual([{ component: 7, event: "click", data: undefined }]);
});

test("what a user has typed gives way only to another value", () => {
  const old = document.createElement("div");
  old.innerHTML = '<input value="a" class="x"><p>1</p><em></em>';
  const field = old.querySelector("input") as HTMLInputElement;
  field.value = "typed";
  const fresh = (text: string): DocumentFragment => {
    const template = document.createElement("template");
    template.innerHTML = text;
    return template.content;
  };
  morph(old, fresh('<input value="a"><p>2</p>'));
  expect([old.querySelector("input") === field, field.value, field.className]).toEqual([true, "typed", ""]);
  expect(old.innerHTML).toBe('<input value="a"><p>2</p>');
  morph(old, fresh('<input value="b">'));
  expect([field.value, old.children.length]).toEqual(["b", 1]);
});
