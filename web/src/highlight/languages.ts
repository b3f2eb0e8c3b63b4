/** The syntax of the languages whose code is coloured. */

export interface Language {
  /** Words that give it its structure, and words that stand for values. */
  keywords: ReadonlySet<string>;
  constants: ReadonlySet<string>;
  /** Keywords after which something gets its name. */
  naming: ReadonlySet<string>;
  ignoresCase: boolean;
  /** The beginnings of comments that end with their line, and the delimiters of others. */
  lineComments: readonly string[];
  blockComments: readonly (readonly [string, string])[];
  /** The delimiters of strings, those of several lines first. */
  quotes: readonly string[];
  longQuotes: readonly string[];
  /** Signs that belong to a word that they begin, such as `$` or `@`. */
  sigils: string;
  /** The characters of a word besides letters, digits and `_`. */
  inWords: string;
  /** True if a word or string before a colon is the name of something. */
  hasKeys: boolean;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const plain: Language = {
  keywords: new Set(),
  constants: words("true false null"),
  naming: new Set(),
  ignoresCase: false,
  lineComments: [],
  blockComments: [],
  quotes: ['"', "'"],
  longQuotes: [],
  sigils: "",
  inWords: "",
  hasKeys: false,
};

const curly: Language = {
  ...plain,
  keywords: words(
    "abstract as async await auto bool boolean break byte case catch chan char class const constexpr continue crate default defer delete do double dyn else enum export extends extern final finally float fn for foreach from fun func function go goto if impl implements import in inline instanceof int interface is let long loop match mod module move mut namespace new of operator out override package private protected pub public range readonly record ref register return select short signed sizeof static string struct super switch synchronized template this throw throws trait try type typedef typename typeof union unsafe unsigned use using val var virtual void volatile when where while with yield self Self #include #define #if #ifdef #ifndef #else #endif #pragma",
  ),
  constants: words("true false null nil None nullptr undefined NaN Infinity iota"),
  naming: words("class interface struct enum trait fn func fun function type namespace module mod"),
  lineComments: ["//"],
  blockComments: [["/*", "*/"]],
  longQuotes: ["`"],
  sigils: "@#",
};

/** Here `'` also begins a lifetime. */
const rust: Language = { ...curly, quotes: ['"'], longQuotes: [] };

const python: Language = {
  ...plain,
  keywords: words(
    "and as assert async await break case class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return try while with yield",
  ),
  constants: words("True False None self cls"),
  naming: words("def class"),
  lineComments: ["#"],
  longQuotes: ['"""', "'''"],
  sigils: "@",
};

const shell: Language = {
  ...plain,
  keywords: words(
    "if then elif else fi for while until do done case esac in function select time return exit export local readonly declare unset set source alias cd echo sudo",
  ),
  constants: words("true false"),
  naming: words("function"),
  lineComments: ["#"],
  longQuotes: ['"', "'"],
  sigils: "$",
  inWords: "-",
};

const sql: Language = {
  ...plain,
  keywords: words(
    "select from where and or not insert into values update set delete create alter drop table view index primary foreign key references unique default constraint join left right inner outer full cross on using group by having order asc desc limit offset union all distinct as case when then else end exists in is like between with recursive returning if begin commit rollback int integer bigint smallint text varchar char boolean date timestamp numeric decimal real float serial",
  ),
  ignoresCase: true,
  lineComments: ["--"],
  blockComments: [["/*", "*/"]],
};

const json: Language = { ...plain, lineComments: ["//"], blockComments: [["/*", "*/"]], hasKeys: true };

const yaml: Language = {
  ...plain,
  constants: words("true false null yes no on off"),
  lineComments: ["#"],
  sigils: "&*!",
  inWords: "-./",
  hasKeys: true,
};

const css: Language = {
  ...plain,
  constants: words("inherit initial unset none auto"),
  blockComments: [["/*", "*/"]],
  sigils: "@#.",
  inWords: "-%",
  hasKeys: true,
};

const NAMES: readonly (readonly [string, Language])[] = [
  ["python py python3 py3 pycon ipython", python],
  ["javascript js jsx mjs typescript ts tsx", curly],
  ["c h cpp c++ cc hpp java kotlin kt go golang csharp c# cs swift scala dart php", curly],
  ["rust rs", rust],
  ["json jsonc json5", json],
  ["bash sh shell zsh console", shell],
  ["sql postgresql mysql sqlite", sql],
  ["yaml yml toml ini", yaml],
  ["css scss less", css],
];

const LANGUAGES = new Map(NAMES.flatMap(([names, language]) => names.split(" ").map((name) => [name, language])));

/** Finds a language by one of its names. */
export function languageOf(name: string): Language | undefined {
  return LANGUAGES.get(name);
}
