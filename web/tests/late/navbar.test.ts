// @vitest-environment happy-dom
import { afterEach, expect, test } from "vitest";
import { Navbar } from "../../src/late/navbar.ts";

afterEach(() => document.body.replaceChildren());

async function made(props: Record<string, unknown>): Promise<HTMLAnchorElement[]> {
  const main = document.createElement("main");
  const element = new Navbar();
  element.component = 7;
  element.props = {
    ...{ label: null, info: null, show_label: true, container: true, interactive: true, visible: true, elem_id: null },
    ...{
      elem_classes: [],
      scale: null,
      min_width: 160,
      value: null,
      main: "Home",
      pages: [["Cart", "cart"]],
      path: "",
    },
    ...props,
  } as Navbar["props"];
  main.append(element);
  document.body.append(main);
  await element.updateComplete;
  expect(main.previousElementSibling).toBe(element);
  return [...element.querySelectorAll("a")];
}

const hrefs = (links: HTMLAnchorElement[]): (string | null)[] => links.map((link) => link.getAttribute("href"));

test("it leads to the pages, relative to this one, and says which this is", async () => {
  const links = await made({
    path: "cart",
    pages: [
      ["Cart", "cart"],
      ["Über uns", "über-uns"],
    ],
  });
  expect(hrefs(links)).toEqual(["./", "./cart", "./%C3%BCber-uns"]);
  expect(links.map((link) => link.getAttribute("aria-current"))).toEqual([null, "page", null]);
});

test("further links lead to pages of the app or to other sites, in a tab of their own", async () => {
  const value = [
    ["Help", "/cart?topic=a b#top"],
    ["Docs", "https://example.com/cart"],
  ];
  const links = await made({ value });
  expect(hrefs(links).slice(2)).toEqual(["./cart?topic=a+b#top", "https://example.com/cart"]);
  expect([links[2]?.target, links[3]?.target, links[3]?.rel]).toEqual(["", "_blank", "noopener noreferrer"]);
  expect(links[3]?.textContent).toContain("opens in a new tab");
});

test("names are text, and where there is nowhere to go there is no bar", async () => {
  const links = await made({ pages: [["<img src=x onerror=alert(1)>", "x"]], main: null, path: "" });
  expect(links[0]?.textContent).toBe("<img src=x onerror=alert(1)>");
  document.body.replaceChildren();
  expect(await made({ pages: [] })).toEqual([]);
});
