/** The rules of the house that the page's sources keep: read from the sources themselves. */
import { expect, it } from "vitest";

const BASE = "../src/";

/** Every source of the page, by its path below `src/`; tests that stand beside a source are none. */
const files = new Map(
  Object.entries(
    import.meta.glob<string>(["../src/**/*.ts", "!../src/**/*.test.ts"], {
      query: "?raw",
      import: "default",
      eager: true,
    }),
  ).map(([path, source]): [string, string] => [path.slice(BASE.length), source]),
);

// ---- nouns -----------------------------------------------------------------------------------------------------------

/** The classes, interfaces and types that a source declares at its top level, exported or not. */
function declared(source: string): string[] {
  const pattern = /^(?:export )?(?:abstract )?(?:class|interface|type|enum) (\w+)/gm;
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
