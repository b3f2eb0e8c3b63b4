// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { EDIT, emit, FIRE, listen, NEED } from "../../src/constants.ts";
import { Leaf } from "../../src/elements/base.ts";
import { Embedded } from "../../src/elements/parts/embedded.ts";

class Shown extends Leaf {}
customElements.define("ms-shown", Shown);

async function embed(type: string): Promise<Embedded> {
  const element = new Embedded();
  element.type = type;
  element.given = { label: "A", interactive: false };
  element.value = 1;
  document.body.append(element);
  await element.updateComplete;
  await Promise.resolve();
  return element;
}

beforeEach(() => document.body.replaceChildren());

test("a component in a message gets its properties and its value, and new ones without being made anew", async () => {
  const element = await embed("shown");
  const inner = element.firstElementChild as Leaf;
  expect(inner.props).toMatchObject({ label: "A", interactive: false, value: 1 });
  element.value = 2;
  await element.updateComplete;
  expect(element.firstElementChild).toBe(inner);
  expect(inner.props.value).toBe(2);
});

test("nothing that it asks for reaches the session", async () => {
  const heard: unknown[] = [];
  listen(document, FIRE, (detail) => heard.push(detail));
  listen(document, EDIT, (detail) => heard.push(detail));
  const inner = (await embed("shown")).firstElementChild as Leaf;
  emit(inner, FIRE, { component: inner.component, event: "select" });
  emit(inner, EDIT, { component: inner.component, value: 3 });
  expect(heard).toEqual([]);
});

test("one whose script is not there is asked for, and shown when it has come", async () => {
  const needed: string[] = [];
  listen(document, NEED, ({ type }) => needed.push(type));
  const element = await embed("latecomer");
  expect(needed).toEqual(["latecomer"]);
  customElements.define("ms-latecomer", class extends Leaf {});
  await customElements.whenDefined("ms-latecomer");
  await Promise.resolve();
  expect(element.firstElementChild?.localName).toBe("ms-latecomer");
});

test("each has a number of its own, for the ids in it", async () => {
  const [one, other] = [await embed("shown"), await embed("shown")].map((each) => each.firstElementChild as Leaf);
  expect(one?.component).toBeLessThan(0);
  expect(other?.component).not.toBe(one?.component);
});

test.each(["", "shown><b", "SCRIPT x"])("what is no type makes no element: %s", async (type) => {
  expect((await embed(type)).childElementCount).toBe(0);
});
