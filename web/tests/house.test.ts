/** The rules of the house that the page's sources keep: read from the sources themselves. */
import { expect, it } from "vitest";

const BASE = "../src/";

/** Every source of the page, by its path below `src/`. */
const files = new Map(
  Object.entries(
    import.meta.glob<string>("../src/**/*.ts", {
      query: "?raw",
      import: "default",
      eager: true,
    }),
  ).map(([path, source]): [string, string] => [path.slice(BASE.length), source]),
);

// ---- nouns -----------------------------------------------------------------------------------------------------------

/** The classes, interfaces, types and objects with a noun for a name that a source declares at its top level. */
function declared(source: string): string[] {
  const pattern = /^(?:export )?(?:abstract )?(?:class|interface|type|enum|const(?= [A-Z][a-z])) (\w+)/gm;
  return [...source.matchAll(pattern)].map(([, name]) => name as string);
}

/** The names that more than one source declares, or one source twice, with all the paths. */
function repeated(sources: ReadonlyMap<string, string>): string[] {
  const paths = new Map<string, string[]>();
  for (const [path, source] of sources) {
    for (const name of declared(source)) paths.set(name, [...(paths.get(name) ?? []), path]);
  }
  return [...paths].filter(([, where]) => where.length > 1).map(([name, where]) => `${name}: ${where.join(", ")}`);
}

it("a noun has one meaning: no class, interface or type is declared twice", () => {
  expect([...files.values()].flatMap(declared).length).toBeGreaterThan(100);
  expect(repeated(files)).toEqual([]);
});

it("finds a class that is declared twice", () => {
  const sources = new Map([
    ["a.ts", "export class Run {}"],
    ["b.ts", "export interface Link {}\ninterface Run {}"],
  ]);
  expect(repeated(sources)).toEqual(["Run: a.ts, b.ts"]);
});

// ---- words -----------------------------------------------------------------------------------------------------------

/** The doc comments that open with a question word, by their first words: they should open with the thing itself. */
function questions(source: string): string[] {
  const pattern = /\/\*\*\s+(?:\* )?((?:What|Who|Whether|How)\b.{0,30})/g;
  return [...source.matchAll(pattern)].map(([, words]) => words as string);
}

it("a doc comment opens with the thing itself, not with a question", () => {
  expect([...files].flatMap(([path, source]) => questions(source).map((words) => `${path}: ${words}`))).toEqual([]);
});

it("finds a doc comment that opens with a question", () => {
  const source = "/** What it is. */\n/** It is. */\n/**\n * Whether it is.\n */\n// How it is.";
  expect(questions(source)).toEqual(["What it is. */", "Whether it is."]);
});

// ---- dead code -------------------------------------------------------------------------------------------------------

const tests = Object.values(import.meta.glob<string>("./**/*.ts", { query: "?raw", import: "default", eager: true }));

/** The functions and constants that a source exports and nothing else mentions, tests included. */
function unused(sources: ReadonlyMap<string, string>, others: readonly string[]): string[] {
  return [...sources].flatMap(([path, source]) => {
    const exported = [...source.matchAll(/^export (?:async )?(?:function|const) (\w+)/gm)].map(
      ([, name]) => name as string,
    );
    const elsewhere = [...others, ...[...sources].filter(([other]) => other !== path).map(([, text]) => text)];
    return exported
      .filter((name) => !elsewhere.some((text) => new RegExp(`\\b${name}\\b`).test(text)))
      .map((name) => `${path}: ${name}`);
  });
}

it("every function and constant that is exported is used elsewhere", () => {
  expect(unused(files, tests)).toEqual([]);
});

it("finds an export that nothing uses", () => {
  const sources = new Map([
    ["a.ts", "export const ONE = 1;\nexport function two() {}\nexport const THREE = 3;"],
    ["b.ts", 'import { ONE } from "./a.ts";'],
  ]);
  expect(unused(sources, ["THREE"])).toEqual(["a.ts: two"]);
});

// ---- imports ---------------------------------------------------------------------------------------------------------

type Graph = Map<string, Set<string>>;

/** The sources that a source imports, type-only imports counted: paths below `src/`. */
function imported(path: string, source: string): string[] {
  const folder = new URL(path, "file:///");
  const specifiers = [...source.matchAll(/\b(?:from|import)\s+"(\.[^"]+\.ts)"/g)].map(([, to]) => to as string);
  return specifiers.map((to) => new URL(to, folder).pathname.slice(1));
}

/** A folder is a room; so is a file that stands in none. */
function roomOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? path : path.slice(0, end);
}

function graphOf(sources: ReadonlyMap<string, string>, nodeOf = (path: string): string => path): Graph {
  const graph: Graph = new Map();
  for (const [path, source] of sources) {
    const from = nodeOf(path);
    const targets = graph.get(from) ?? new Set();
    for (const to of imported(path, source).map(nodeOf)) if (to !== from) targets.add(to);
    graph.set(from, targets);
  }
  return graph;
}

/** A circle of the graph as the nodes that it leads through, the first one again at its end; null if there is none. */
function circle(graph: Graph): string[] | null {
  const done = new Set<string>();
  const walk = (node: string, path: string[]): string[] | null => {
    const at = path.indexOf(node);
    if (at >= 0) return [...path.slice(at), node];
    if (done.has(node)) return null;
    for (const next of graph.get(node) ?? []) {
      const found = walk(next, [...path, node]);
      if (found) return found;
    }
    done.add(node);
    return null;
  };
  for (const node of graph.keys()) {
    const found = walk(node, []);
    if (found) return found;
  }
  return null;
}

it("every import leads to a source", () => {
  const edges = [...files].flatMap(([path, source]) => imported(path, source));
  expect(edges.length).toBeGreaterThan(200);
  expect(edges.filter((to) => !files.has(to))).toEqual([]);
});

it("no file imports itself by way of others, not even types", () => {
  expect(circle(graphOf(files))).toBeNull();
});

it("no room imports itself by way of others, not even types", () => {
  expect(circle(graphOf(files, roomOf))).toBeNull();
});

it("finds a circle of types", () => {
  const sources = new Map([
    ["a/one.ts", 'import type { Two } from "../b/two.ts";'],
    ["a/other.ts", ""],
    ["b/two.ts", 'export type { Other } from "../a/other.ts";'],
  ]);
  expect(circle(graphOf(sources))).toBeNull();
  expect(circle(graphOf(sources, roomOf))).toEqual(["a", "b", "a"]);
});

/** What elements may know besides what several of them share: `base.ts` and `parts/`. */
const BELOW_ELEMENTS = new Set([
  ...["constants.ts", "manifest.ts", "states.ts", "words.ts"],
  ...["capture", "codecs", "media", "highlight"],
]);

/** The imports of elements that lead to a sibling, or to a room that elements know nothing of. */
function strays(sources: ReadonlyMap<string, string>): string[] {
  const isShared = (path: string): boolean => path === "elements/base.ts" || path.startsWith("elements/parts/");
  const elements = [...sources].filter(([path]) => /^(elements|late)\//.test(path) && path !== "elements/index.ts");
  // A late element may have a folder of its own name for the rest of it.
  const isOwn = (path: string, to: string): boolean => {
    const folder = /^late\/\w+/.exec(path)?.[0] ?? "";
    return folder !== "" && to.startsWith(`${folder}/`);
  };
  return elements.flatMap(([path, source]) =>
    imported(path, source)
      .filter((to) => !isShared(to) && !isOwn(path, to) && !BELOW_ELEMENTS.has(roomOf(to)))
      .map((to) => `${path} imports ${to}`),
  );
}

it("elements know no session, no socket and no sibling", () => {
  expect(strays(files)).toEqual([]);
});

it("finds an element that knows a sibling, a session or a socket", () => {
  const source = ["./video.ts", "../session/session.ts", "../transport/link.ts", "./base.ts", "./parts/run.ts"]
    .map((to) => `import type { It } from "${to}";`)
    .join("\n");
  expect(strays(new Map([["elements/image.ts", source]]))).toEqual([
    "elements/image.ts imports elements/video.ts",
    "elements/image.ts imports session/session.ts",
    "elements/image.ts imports transport/link.ts",
  ]);
  expect(strays(new Map([["late/video.ts", 'import "./video/reel.ts";\nimport "./chatbot.ts";']]))).toEqual([
    "late/video.ts imports late/chatbot.ts",
  ]);
});

// ---- capabilities ----------------------------------------------------------------------------------------------------

/** The types of components that have a file in `elements/` or `late/`, each also as a tag. */
const TYPES = [...files.keys()]
  .map((path) => /^(?:elements|late)\/(\w+)\.ts$/.exec(path)?.[1])
  .filter((type) => type !== undefined && type !== "base" && type !== "index");

/** The lines that compare something with the type of a component: they should ask what the component can do. */
function typeComparisons(sources: ReadonlyMap<string, string>): string[] {
  const name = `["'\`](?:ms-)?(?:${TYPES.join("|")})["'\`]`;
  const comparison = new RegExp(`(?:\\btype|[tT]ypeOf\\([^)]*\\)|localName|tagName) *[!=]== *${name}`);
  return [...sources].flatMap(([path, source]) =>
    source.split("\n").flatMap((line, at) => (comparison.test(line) ? [`${path}:${at + 1}`] : [])),
  );
}

it("nobody asks a component for its type", () => {
  expect(TYPES.length).toBeGreaterThan(15);
  expect(typeComparisons(files)).toEqual([]);
});

it("finds a comparison with a type", () => {
  const lines = [
    'if (this.store.typeOf(component) === "video") {',
    'const { localName } = a; localName !== "ms-image"',
    "type",
  ];
  expect(typeComparisons(new Map([["a.ts", lines.join("\n")]]))).toEqual(["a.ts:1", "a.ts:2"]);
});

// ---- sizes -----------------------------------------------------------------------------------------------------------

const MOST_LINES = 350;
const MOST_METHODS = 20;

/** How many methods each class of a source has, accessors not counted; the formatter sees to it that each begins a line. */
function methods(source: string): Map<string, number> {
  const counts = new Map<string, number>();
  let name = "";
  for (const line of source.split("\n")) {
    name = /^(?:export )?(?:abstract )?class (\w+)/.exec(line)?.[1] ?? name;
    if (line === "}") name = "";
    const modifiers = "(?:(?:private|protected|override|static|abstract|async) )*";
    const isMethod = new RegExp(`^  ${modifiers}(?!constructor\\b)[a-zA-Z]\\w*(?:<[^>]*>)?\\(`).test(line);
    if (name && isMethod) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

it(`a module has at most ${MOST_LINES} lines`, () => {
  const long = [...files].map(([path, source]) => `${path}: ${source.split("\n").length - 1}`);
  expect(long.filter((each) => Number(each.split(": ")[1]) > MOST_LINES)).toEqual([]);
});

it(`a class has at most ${MOST_METHODS} methods`, () => {
  const counts = [...files].flatMap(([path, source]) =>
    [...methods(source)].map(([name, count]): [string, number] => [`${path} ${name}`, count]),
  );
  expect(counts.length).toBeGreaterThan(50);
  expect(counts.filter(([, count]) => count > MOST_METHODS)).toEqual([]);
});

it("counts methods, whatever stands before them", () => {
  const source = [
    "export class Run {",
    "  private readonly then = (): void => this.now();",
    "  constructor(a: number) {",
    "    super(a);",
    "  }",
    "  get isOver(): boolean {",
    "  protected override async work<T>(given: T): Promise<T> {",
    "  plain(",
    "}",
    "  outside(",
  ].join("\n");
  expect(methods(source)).toEqual(new Map([["Run", 2]]));
});
