/** Tables as text: with tabs, as spreadsheets copy them, and with commas for files. Pure. */

/** Writes rows with tabs between the cells. */
export function tabbed(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map((text) => quoted(text, /["\t\r\n]/)).join("\t")).join("\n");
}

/** Writes a file of comma-separated values (RFC 4180). */
export function commaSeparated(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map((text) => quoted(text, /[",\r\n]/)).join(",")}\r\n`).join("");
}

function quoted(text: string, signs: RegExp): string {
  return signs.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Reads what was copied from a spreadsheet; cells in quotes may have tabs and ends of lines in them. */
export function untabbed(text: string): string[][] {
  const rows: string[][] = [[]];
  const pattern = /(?:"((?:[^"]|"")*)"(?=[\t\r\n]|$)|([^\t\r\n]*))(\t|\r\n|\r|\n|$)/gy;
  const clean = text.replace(/(\r\n|\r|\n)$/, "");
  for (const [, inner, plain, end] of clean.matchAll(pattern)) {
    rows.at(-1)?.push(inner === undefined ? (plain ?? "") : inner.replaceAll('""', '"'));
    if (end === "") break;
    if (end !== "\t") rows.push([]);
  }
  return rows;
}
