/**
 * Tells apart the words of code: what is a comment, a keyword, a string, a number, a name. It goes through the code once
 * and never back, so whatever somebody sends takes as long as its length.
 */
import { type Language, languageOf } from "./languages.ts";

/** `c` comment, `k` keyword, `s` string, `m` number or constant, `n` name, `gd` and `gi` lines taken out and put in. */
export type SpanKind = "c" | "k" | "s" | "m" | "n" | "gd" | "gi";

/** A stretch of code, from `start` to `end` (exclusive), that is of one kind. */
export interface CodeSpan {
  kind: SpanKind;
  start: number;
  end: number;
}

/** Longer code has no colours from here on. */
export const MAX_COLOURED = 50_000;
/** Nor has what comes after so many stretches: each is an element of the page. */
export const MAX_STRETCHES = 4_000;

/** Gives the stretches of code that have a colour, in order; none for a language that it does not know. */
export function highlight(code: string, name: string): CodeSpan[] {
  const length = Math.min(code.length, MAX_COLOURED);
  const scanner = new Scanner(code, length);
  if (name === "diff" || name === "patch") scanner.diff();
  else if (["html", "xml", "svg", "xhtml", "vue"].includes(name)) scanner.markup();
  else {
    const language = languageOf(name);
    if (language) scanner.words(language);
  }
  return scanner.found;
}

class Scanner {
  readonly found: CodeSpan[] = [];
  private at = 0;

  constructor(
    private readonly code: string,
    private readonly end: number,
  ) {}

  words(language: Language): void {
    const firsts = firstsOf(language);
    let isNaming = false;
    while (this.goesOn) {
      const start = this.at;
      const char = this.code[start] as string;
      if (isSpace(char)) this.at++;
      else if (firsts.has(char) && this.commentOrString(language)) isNaming = false;
      else if (isDigit(char)) this.add("m", this.past(isInNumber));
      else if (isLetter(char) || language.sigils.includes(char)) isNaming = this.word(language, isNaming);
      else {
        this.at++;
        isNaming = false;
      }
    }
  }

  diff(): void {
    while (this.goesOn) {
      const start = this.at;
      const kind = ({ "+": "gi", "-": "gd", "@": "k" } as const)[this.code[start] as string];
      this.toLineEnd();
      if (kind) this.add(kind, start);
      this.at++;
    }
  }

  markup(): void {
    while (this.goesOn) {
      const start = this.at;
      if (this.sees("<!--")) {
        this.to("-->", 4);
        this.add("c", start);
      } else if (this.sees("<") && /[a-z/!?]/i.test(this.code[start + 1] ?? "")) this.tag();
      else this.at++;
    }
  }

  private tag(): void {
    const start = this.at++;
    this.past((char) => !isSpace(char) && char !== ">");
    this.add("k", start);
    while (this.goesOn && !this.sees(">")) {
      const char = this.code[this.at] as string;
      if (char === '"' || char === "'") {
        const quote = this.at;
        this.to(char, 1);
        this.add("s", quote);
      } else if (isLetter(char))
        this.add(
          "n",
          this.past((next) => !isSpace(next) && !"=>/".includes(next)),
        );
      else this.at++;
    }
    if (this.goesOn) this.add("k", this.at++);
  }

  /** Takes a word; gives whether the next one is the name of something. */
  private word(language: Language, isNaming: boolean): boolean {
    const start = this.at++;
    this.past((char) => isLetter(char) || isDigit(char) || language.inWords.includes(char));
    const word = this.code.slice(start, this.at);
    const known = language.ignoresCase ? word.toLowerCase() : word;
    if (language.keywords.has(known)) this.add("k", start);
    else if (language.constants.has(known)) this.add("m", start);
    else if (isNaming || (this.at - start > 1 && language.sigils.includes(word[0] as string))) this.add("n", start);
    else if (language.hasKeys && this.sees(":")) this.add("n", start);
    return language.naming.has(known);
  }

  private commentOrString(language: Language): boolean {
    const start = this.at;
    const isInWord = start > 0 && isLetter(this.code[start - 1] as string);
    if (language.lineComments.some((mark) => this.sees(mark) && !(mark === "#" && isInWord))) {
      this.toLineEnd();
      this.add("c", start);
      return true;
    }
    const comment = language.blockComments.find(([mark]) => this.sees(mark));
    if (comment) {
      this.to(comment[1], comment[0].length);
      this.add("c", start);
      return true;
    }
    const long = language.longQuotes.find((mark) => this.sees(mark));
    const quote = long ?? language.quotes.find((mark) => this.sees(mark));
    if (quote === undefined || (language.hasKeys && isInWord)) return false; // an apostrophe
    this.string(quote, long !== undefined);
    this.add(language.hasKeys && this.sees(":") ? "n" : "s", start);
    return true;
  }

  private string(quote: string, isLong: boolean): void {
    this.at += quote.length;
    while (this.at < this.end && !this.sees(quote)) {
      const char = this.code[this.at];
      if (char === "\n" && !isLong) return;
      this.at += char === "\\" ? 2 : 1;
    }
    this.at = Math.min(this.at + quote.length, this.end);
  }

  private get goesOn(): boolean {
    return this.at < this.end && this.found.length < MAX_STRETCHES;
  }

  private sees(text: string): boolean {
    return this.code.startsWith(text, this.at);
  }

  /** Goes past an ending, or to the end of the code if it does not come. */
  private to(ending: string, skipped: number): void {
    const end = this.code.indexOf(ending, this.at + skipped);
    this.at = end < 0 ? this.end : Math.min(end + ending.length, this.end);
  }

  private toLineEnd(): void {
    const end = this.code.indexOf("\n", this.at);
    this.at = end < 0 ? this.end : Math.min(end, this.end);
  }

  /** Goes on while the characters are of a kind; gives where it was. */
  private past(isPart: (char: string) => boolean): number {
    const start = this.at;
    while (this.at < this.end && isPart(this.code[this.at] as string)) this.at++;
    return start;
  }

  private add(kind: SpanKind, start: number): void {
    this.found.push({ kind, start, end: Math.max(this.at, start + 1) });
  }
}

const firsts = new WeakMap<Language, ReadonlySet<string>>();

/** The characters with which comments and strings begin. */
function firstsOf(language: Language): ReadonlySet<string> {
  const { lineComments, blockComments, quotes, longQuotes } = language;
  const marks = [...lineComments, ...blockComments.map(([mark]) => mark), ...quotes, ...longQuotes];
  const known = firsts.get(language) ?? new Set(marks.map((mark) => mark[0] as string));
  firsts.set(language, known);
  return known;
}

function isSpace(char: string): boolean {
  return char === " " || char === "\n" || char === "\t" || char === "\r";
}

function isDigit(char: string): boolean {
  return char >= "0" && char <= "9";
}

function isLetter(char: string): boolean {
  return (char >= "a" && char <= "z") || (char >= "A" && char <= "Z") || char === "_" || char > "\x7f";
}

function isInNumber(char: string): boolean {
  return isDigit(char) || isLetter(char) || char === ".";
}
