/**
 * The page's own words. English stands in the code; the server puts those of the reader's language into the document.
 *
 * `t("Remove {name}", { name })` and `plural("{count} file", "{count} files", 3)` write a sentence in the reader's
 * language. The English words are the key (of a plural its second form) in `src/words/LANGUAGE.json`, where each language
 * has the same keys; a plural has a form for each category of `Intl.PluralRules` there. A sentence is one key, never put
 * together from parts, as other languages order and inflect them in other ways.
 */

/** The words of a language, by their English ones; under "" those of the sentences of the server. */
export type Words = { readonly [key: string]: string | { readonly [category: string]: string } };

type PlaceholderName<Key extends string> = Key extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PlaceholderName<Rest>
  : never;

/** The values of a key's placeholders: none may be missing. */
type Placeholders<Key extends string> = { [name in PlaceholderName<Key>]: string | number };

let words: Words | null = null;

/** The reader's language, for `Intl` and dates: that of the page's words. */
export function language(): string {
  return documentOf()?.documentElement?.lang || "en";
}

/** The words of the page's language, for its worker; empty for English. */
export function spoken(): Words {
  return known();
}

/** Speaks with words that the page has given its worker. */
export function speak(given: Words): void {
  words = given;
}

/** True if the page speaks English: other languages bring their words along. */
export function isEnglish(): boolean {
  return Object.keys(known()).length === 0;
}

/** A sentence in the reader's language. */
export function t<Key extends string>(
  key: Key,
  ...[values]: [PlaceholderName<Key>] extends [never] ? [] : [Placeholders<Key>]
): string {
  const found = known()[key];
  return filled(typeof found === "string" ? found : key, values ?? {});
}

/** A sentence with a number in it, which decides on its form: in English `one` for 1, else `other`. */
export function plural<Other extends string>(
  one: string,
  other: Other,
  count: number,
  ...[values]: [Exclude<PlaceholderName<Other>, "count">] extends [never] ? [] : [Omit<Placeholders<Other>, "count">]
): string {
  const found = known()[other];
  const forms = typeof found === "object" ? found : { one, other };
  const category = new Intl.PluralRules(typeof found === "object" ? language() : "en").select(count);
  return filled(forms[category] ?? forms["other"] ?? other, { count: amount(count), ...values });
}

/** A sentence of the server, in the reader's language if it is one that every app says; others are the app's own. */
export function heard(message: string): string {
  const sentences = (known()[""] ?? {}) as { readonly [key: string]: string };
  for (const [key, said] of Object.entries(sentences)) {
    const pattern = key.replace(/[.()]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>.+)");
    const found = new RegExp(`^${pattern}$`).exec(message);
    if (found) return filled(said, found.groups ?? {});
  }
  return message;
}

/** A number as the reader's language writes it. */
export function amount(value: number): string {
  return value.toLocaleString(language());
}

function filled(sentence: string, values: { readonly [name: string]: string | number }): string {
  return sentence.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
}

/** Read from the document once; a worker has none, and is given them. */
function known(): Words {
  if (!words) words = JSON.parse(documentOf()?.getElementById?.("ms-words")?.textContent || "{}") as Words;
  return words;
}

interface SpokenDocument {
  documentElement?: { lang: string };
  getElementById?(id: string): { textContent: string | null } | null;
}

function documentOf(): SpokenDocument | undefined {
  return (globalThis as { document?: SpokenDocument }).document;
}
