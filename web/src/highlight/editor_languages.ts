/** The languages of editors, by the names that the highlighter has for them. */

const SAME_AS: Record<string, string> = { r: "shell", dockerfile: "shell", jinja2: "html" };

/** The name that the highlighter has for a language; empty for none. */
export function highlightedAs(language: string | null): string {
  const name = language?.startsWith("sql-") ? "sql" : (language ?? "");
  return SAME_AS[name] ?? name;
}
