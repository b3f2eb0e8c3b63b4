// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { Markdown } from "../../src/elements/markdown.ts";
import "../../src/late/headerlinks.ts";

let text: Markdown;

/** The ids of the headings, once the links to them are there. */
async function ids(html: string): Promise<string[]> {
  text.props = { ...text.props, value: html };
  await text.updateComplete;
  await new Promise((resolve) => setTimeout(resolve));
  return [...text.querySelectorAll(":is(h1, h2):has(> .ms-anchor)")].map(({ id }) => id);
}

beforeEach(() => {
  text = new Markdown();
  text.props = { label: null, addons: ["headerlinks"], value: "", rtl: false, height: null, max_height: null } as never;
  document.body.replaceChildren(text);
});

test("each heading gets an id that no other has, and a link to it", async () => {
  const html = '<h1>Über uns!</h1><h2 id="own">Own</h2><h2>Über <b>uns</b></h2><h2></h2>';
  expect(await ids(html)).toEqual(["h-über-uns", "own", "h-über-uns-2", "h-"]);
  const link = text.querySelector(".ms-anchor");
  expect([link?.getAttribute("href"), link?.getAttribute("aria-label")]).toEqual([
    "#h-%C3%BCber-uns",
    "Link to Über uns!",
  ]);
  expect(await ids("<h1>Über uns!</h1>")).toEqual(["h-über-uns"]);
});

test("without the add-on the links go", async () => {
  await ids("<h1>A</h1>");
  text.props = { ...text.props, addons: [] };
  await text.updateComplete;
  expect(text.querySelector(".ms-anchor")).toBe(null);
});
