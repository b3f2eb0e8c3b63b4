// @vitest-environment happy-dom
import { parseSync } from "vite";
import { afterEach, describe, expect, it, vi } from "vitest";
import { DOCUMENT_SENTENCES, SERVER_SENTENCES } from "../src/server_sentences.ts";
import type { Words } from "../src/words.ts";

const sources = new Map(
  Object.entries(import.meta.glob<string>("../src/**/*.ts", { query: "?raw", import: "default", eager: true })).map(
    ([path, source]): [string, string] => [path.slice("../src/".length), source],
  ),
);
const languages = new Map(
  Object.entries(import.meta.glob<Words>("../src/words/*.json", { import: "default", eager: true })).map(
    ([path, words]): [string, Words] => [/(\w+)\.json$/.exec(path)?.[1] as string, words],
  ),
);

type Syntax = { type: string; start: number; end: number; [field: string]: unknown };

/** Calls `visit` with every node of a source, and with the one around it. */
function walk(node: unknown, visit: (node: Syntax, parent: Syntax | null) => void, parent: Syntax | null = null): void {
  if (Array.isArray(node)) for (const each of node) walk(each, visit, parent);
  else if (typeof node === "object" && node !== null) {
    const syntax = node as Syntax;
    if (typeof syntax.type === "string") visit(syntax, parent);
    for (const part of Object.values(node)) walk(part, visit, typeof syntax.type === "string" ? syntax : parent);
  }
}

const textOf = (node: unknown): string | null => {
  const { type, value } = (node ?? {}) as Syntax;
  return type === "Literal" && typeof value === "string" ? value : null;
};

// ---- the keys --------------------------------------------------------------------------------------------------------

/** The sentences that the page says, each with its English forms: of a plural two, of others the one. */
function keysOf(path: string, source: string): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  walk(parseSync(path, source).program, (node) => {
    const name = (node["callee"] as Syntax | undefined)?.["name"];
    if (node.type !== "CallExpression" || (name !== "t" && name !== "plural")) return;
    const forms = (node["arguments"] as unknown[]).slice(0, name === "t" ? 1 : 2).map(textOf);
    if (forms.includes(null)) throw new Error(`${path}: ${source.slice(node.start, node.end)} has no literal key`);
    keys.set(forms.at(-1) as string, forms as string[]);
  });
  return keys;
}

const keys = new Map<string, string[]>();
for (const [path, source] of sources) for (const [key, forms] of keysOf(path, source)) keys.set(key, forms);

for (const sentence of [...SERVER_SENTENCES, ...DOCUMENT_SENTENCES]) keys.set(sentence, [sentence]);

const placeholders = (sentence: string): string[] => (sentence.match(/\{\w+\}/g) ?? []).sort();

/** The problems with the words of a language. */
function problems(language: string, words: Words): string[] {
  const gone = Object.keys(words).filter((key) => !keys.has(key));
  return [
    ...gone.map((key) => `no longer said: ${key}`),
    ...[...keys].flatMap((key) => problemsOf(language, words, key)),
  ];
}

/** The problems with a sentence, which has two English forms if it is a plural. */
function problemsOf(language: string, words: Words, [key, english]: [string, string[]]): string[] {
  const said = words[key];
  if (said === undefined) return [`missing: ${key}`];
  if (typeof said === "string") return english.length > 1 ? [`not a plural: ${key}`] : altered(key, [said]);
  if (english.length === 1) return [`not a sentence: ${key}`];
  const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  // Of millions and fractions the page counts none.
  const needed = categories.filter((each) => each !== "many" || language === "pl");
  const missing = needed.filter((each) => !said[each]?.trim()).map((each) => `no form for ${each}: ${key}`);
  return [...missing, ...altered(key, Object.values(said))];
}

/** The forms that do not have the placeholders of their key; one for a single thing need not say the number. */
function altered(key: string, forms: readonly string[]): string[] {
  const wanted = [placeholders(key), placeholders(key.replace("{count}", ""))].map(String);
  return forms
    .filter((form) => !wanted.includes(String(placeholders(form))))
    .map((form) => `other placeholders: ${form}`);
}

describe("the words of each language", () => {
  it("are those of twelve languages, with English", () => {
    expect([...languages.keys()].sort()).toEqual(["de", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "tr", "zh"]);
  });

  it.each([...languages])(
    "%s has every sentence, with the same placeholders and all of its plurals",
    (language, words) => {
      expect(keys.size).toBeGreaterThan(200);
      expect(problems(language, words)).toEqual([]);
    },
  );

  it("finds sentences that are missing, too many, or have lost a placeholder", () => {
    const words = {
      ...languages.get("pl"),
      "Remove {name}": "Usuń",
      gone: "gone",
      "{count} rows": { one: "{count} wiersz" },
    };
    const { Record: _, ...rest } = words as Words;
    expect(problems("pl", rest)).toEqual(
      expect.arrayContaining([
        "missing: Record",
        "no longer said: gone",
        "other placeholders: Usuń",
        "no form for few: {count} rows",
      ]),
    );
  });
});

// ---- nothing is said beside them -------------------------------------------------------------------------------------

/**
 * Places that speak English to developers: the operator's page and the latency display, and sentences about mistakes of
 * an app's own code, which only whoever wrote it can act upon. Those of the server are keys: see `heard`.
 */
const FOR_DEVELOPERS =
  /^(operator|latency|highlight|formulas|late\/plot|late\/htmltemplate|wire)\/|^late\/(plot|htmltemplate|nativeplot\/points)\.ts$|^session\/scripts\.ts$|^elements\/parts\/error_text\.ts$|^shell\/layout\.ts$|^server_sentences\.ts$|^playback\/(playbacks|stream_decoders)\.ts$/;

const NAMES = /\s(?:title|aria-label|aria-valuetext|aria-description|placeholder|alt)="([^"]*)"/g;

/** English that a source shows, or that reads like a sentence, outside of `t` and `plural`. */
function unspoken(path: string, source: string): string[] {
  const found: string[] = [];
  walk(parseSync(path, source).program, (node, parent) => {
    if (isQuiet(parent, source)) return;
    const text = textOf(node);
    if (text !== null && /^[A-Z][a-z]+( .*)?[ .…!?]|^[A-Z][a-z]+ [a-z]/.test(text)) found.push(text);
    if (node.type === "TaggedTemplateExpression") found.push(...shownBy(node));
    else if (node.type === "TemplateLiteral" && parent?.type !== "TaggedTemplateExpression")
      found.push(...[writtenIn(node)].filter((written) => /^[A-Z][a-z]+ [a-z\0]/.test(written)));
  });
  return found.map((text) => `${path}: ${text.replaceAll("\0", "…")}`);
}

/** True around words that are said by way of the words, belong to a type or a comparison, or go to the console. */
function isQuiet(parent: Syntax | null, source: string): boolean {
  if (parent?.type === "TSLiteralType" || parent?.type === "BinaryExpression") return true;
  const callee = parent?.type === "CallExpression" ? (parent["callee"] as Syntax) : null;
  return callee !== null && /^(t|plural|console\.\w+)$/.test(source.slice(callee.start, callee.end));
}

/** A template as it is written, with a NUL for each value. */
function writtenIn(template: Syntax): string {
  return (template["quasis"] as { value: { raw: string } }[]).map(({ value }) => value.raw).join("\0");
}

/** The words of a template of HTML, and of attributes that are read. */
function shownBy(node: Syntax): string[] {
  if ((node["tag"] as Syntax)["name"] !== "html") return [];
  const written = writtenIn(node["quasi"] as Syntax);
  const names = [...written.matchAll(NAMES)].map(([, name]) => name as string);
  const lines = written.replace(/<[^>]*>/g, "\n").split("\n");
  return [...names, ...lines.map((line) => line.trim())].filter(isWord);
}

function isWord(text: string): boolean {
  return /[A-Za-z]{2}/.test(text);
}

it("no element shows English but by way of the words", () => {
  const shown = [...sources].filter(([path]) => !FOR_DEVELOPERS.test(path));
  expect(shown.flatMap(([path, source]) => unspoken(path, source))).toEqual([]);
}, 30_000);

it("finds English in templates, attributes, constants and sentences with values", () => {
  const source = [
    ["html`<p>$", '{icon("x")} Upload</p><i title="Close" aria-label=$', '{t("Done")}>$', '{t("Stop")}</i>`;'].join(""),
    'const LOST = "The app is gone.";',
    ["say(`Waiting for $", "{name}`);"].join(""),
    'press("Enter"); t("The end."); plural("{count} Day here", "{count} Days here", 2);',
  ].join("\n");
  expect(unspoken("a.ts", source)).toEqual([
    "a.ts: Close",
    "a.ts: … Upload",
    "a.ts: The app is gone.",
    "a.ts: Waiting for …",
  ]);
});

// ---- as they are said ------------------------------------------------------------------------------------------------

/** The page's words with those of a language in its document. */
async function speaking(language: string, words: unknown): Promise<typeof import("../src/words.ts")> {
  vi.resetModules();
  document.documentElement.lang = language;
  const script = document.createElement("script");
  script.type = "application/json";
  script.id = "ms-words";
  script.textContent = JSON.stringify(words);
  document.head.append(script);
  return import("../src/words.ts");
}

describe("a sentence", () => {
  afterEach(() => {
    document.getElementById("ms-words")?.remove();
    document.documentElement.removeAttribute("lang");
  });

  it("is English where the document brings no words along, whatever its language is called", async () => {
    const { t, plural, isEnglish } = await speaking("sv", {});
    expect(isEnglish()).toBe(true);
    expect(t("Remove {name}", { name: "a{name}.png" })).toBe("Remove a{name}.png");
    expect(plural("{count} file", "{count} files", 1)).toBe("1 file");
    expect(plural("{count} file", "{count} files", 0)).toBe("0 files");
  });

  it("is in the language of the document, in the form that its number asks for", async () => {
    const { t, plural, amount, isEnglish } = await speaking("pl", languages.get("pl"));
    expect(isEnglish()).toBe(false);
    expect(t("Record")).toBe("Nagraj");
    expect([1, 2, 5, 22].map((count) => plural("{count} row", "{count} rows", count))).toEqual([
      "1 wiersz",
      "2 wiersze",
      "5 wierszy",
      "22 wiersze",
    ]);
    expect(amount(12345.5)).toBe((12345.5).toLocaleString("pl"));
  });

  it("is English where a language has no words for it", async () => {
    const { t } = await speaking("de", { Record: "Aufnehmen" });
    expect([t("Record"), t("Stop")]).toEqual(["Aufnehmen", "Stop"]);
  });

  it("of the server is said in the language of the document if every app says it", async () => {
    const words = languages.get("de") as { [key: string]: string };
    const sentences = Object.fromEntries(SERVER_SENTENCES.map((key) => [key, words[key]]));
    const { heard } = await speaking("de", { "": sentences });
    expect(heard("The app is being restarted; try again in a moment.")).toMatch(/neu gestartet/);
    expect(heard("Something went wrong in the app. (1a2b3c4d)")).toBe(
      "In der App ist ein Fehler aufgetreten. (1a2b3c4d)",
    );
    expect(heard("{number}() needs more memory than it can get. (7)")).toBe(
      "{number}() braucht mehr Speicher, als verfügbar ist. (7)",
    );
    for (const own of ["Own words of an app.", "It was stopped?", "So it was stopped.", "Name", ""])
      expect(heard(own)).toBe(own);
    for (const key of SERVER_SENTENCES) expect(heard(key.replace(/\{\w+\}/g, "3"))).not.toBe(key);
  });
});
