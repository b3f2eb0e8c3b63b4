import { describe, expect, it } from "vitest";
import { highlight, MAX_COLOURED, MAX_STRETCHES } from "../../src/highlight/highlight.ts";

/** The stretches as `kind:text`. */
function told(code: string, language: string): string[] {
  return highlight(code, language).map(({ kind, start, end }) => `${kind}:${code.slice(start, end)}`);
}

describe("highlight", () => {
  it.each([
    [
      "python",
      "@cache\ndef f(x):  # no\n    return f'a\\'b' + 1.5",
      ["n:@cache", "k:def", "n:f", "c:# no", "k:return", "s:'a\\'b'", "m:1.5"],
    ],
    ["py", '"""a\nb""" if None else x', ['s:"""a\nb"""', "k:if", "m:None", "k:else"]],
    ["javascript", "const a = `x\ny`; // z\n/* c */ null", ["k:const", "s:`x\ny`", "c:// z", "c:/* c */", "m:null"]],
    ["typescript", "interface Foo { a: 'b' }", ["k:interface", "n:Foo", "s:'b'"]],
    ["c", '#include "a.h"\nint main', ["k:#include", 's:"a.h"', "k:int"]],
    ["rust", "fn f<'a>(x: &'a str) {}", ["k:fn", "n:f"]],
    ["go", 'func main() { x := "a" }', ["k:func", "n:main", 's:"a"']],
    ["json", '{"a": [1, true, "b"]}', ['n:"a"', "m:1", "m:true", 's:"b"']],
    ["bash", 'if [ $HOME ]; then # go\n  echo "a b"', ["k:if", "n:$HOME", "k:then", "c:# go", "k:echo", 's:"a b"']],
    ["sql", "SELECT a FROM t -- all", ["k:SELECT", "k:FROM", "c:-- all"]],
    ["yaml", "a-b: it's # no\nc: true", ["n:a-b", "c:# no", "n:c", "m:true"]],
    ["css", ".a { color: #fff; width: 10px }", ["n:.a", "n:color", "n:#fff", "n:width", "m:10px"]],
    ["html", '<!-- c --><a href="x">1 < 2</a>', ["c:<!-- c -->", "k:<a", "n:href", 's:"x"', "k:>", "k:</a", "k:>"]],
    ["diff", "@@ 1\n-a\n+b\n c", ["k:@@ 1", "gd:-a", "gi:+b"]],
    ["text", "if 1 'a'", []],
    ["maple", '"""', []],
  ])("tells the words of %s apart", (language, code, stretches) => {
    expect(told(code, language)).toEqual(stretches);
  });

  const LANGUAGES = "python js c rust json bash sql yaml css html diff".split(" ");
  const PIECES = [
    '"',
    "'",
    "`",
    "/*",
    "<!--",
    "<a ",
    '<a b="',
    "\\",
    "#",
    "//",
    "a",
    "a1 ",
    "1 ",
    "$",
    "@",
    "\n",
    "- ",
    '"""',
    "a:",
  ];

  it.each(LANGUAGES)("goes once through whatever claims to be %s", (language) => {
    for (const piece of PIECES) {
      const code = piece.repeat(2 * MAX_COLOURED);
      const stretches = highlight(code, language);
      expect(stretches.length).toBeLessThanOrEqual(MAX_STRETCHES + 2);
      const edges = stretches.flatMap(({ start, end }) => [start, end]);
      expect(edges.every((edge, at) => at === 0 || edge >= (edges[at - 1] as number))).toBe(true);
      expect(edges.at(-1) ?? 0).toBeLessThanOrEqual(MAX_COLOURED + 1);
    }
  });

  it("takes four times as long for four times the code", () => {
    const times = (language: string, piece: string, count: number): number => {
      const code = piece.repeat(count);
      const took = [0, 1, 2].map(() => {
        const began = process.cpuUsage().user;
        highlight(code, language);
        return process.cpuUsage().user - began;
      });
      return Math.min(...took);
    };
    for (const language of LANGUAGES) {
      for (const piece of PIECES) {
        const [short, long] = [times(language, piece, 10_000), times(language, piece, 40_000)];
        expect(long, `${language} of ${piece}`).toBeLessThan(6 * Math.max(short, 3000));
      }
    }
  });
});
