import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const FOLDER = new URL("../src/styles/", import.meta.url);

/** The classes that a sheet gives a look of their own, by rules that name nothing else. */
function ownClasses(sheet: string): Set<string> {
  const rules = readFileSync(new URL(sheet, FOLDER), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  return new Set([...rules.matchAll(/(?:^|[},])\s*(\.[\w-]+)\s*(?=[{,])/g)].map(([, name]) => name as string));
}

test("a class of one late element is not that of another: both may be on one page", () => {
  const late = readdirSync(new URL("../src/late/", import.meta.url)).map((name) => name.replace(".ts", ".css"));
  const sheets = readdirSync(FOLDER).filter((name) => late.includes(name));
  const owners = new Map<string, string[]>();
  for (const sheet of sheets)
    for (const name of ownClasses(sheet)) owners.set(name, [...(owners.get(name) ?? []), sheet]);
  expect([...owners].filter(([, where]) => where.length > 1)).toEqual([]);
});
