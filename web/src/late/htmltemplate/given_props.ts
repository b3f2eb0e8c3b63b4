/** The properties of a template as its component and its script see them. */

export type Given = Record<string, unknown>;

/** Properties of an app, under those that the script of the page has written since. */
export class GivenProps {
  private given: Given = {};
  private readonly written: Given = {};

  /** Takes what the app gives now; returns the names of those properties that have changed by it. */
  take(given: Given): string[] {
    const before = this.all();
    for (const [name, value] of Object.entries(given)) {
      if (!isSame(value, this.given[name])) delete this.written[name];
    }
    this.given = given;
    const now = this.all();
    return Object.keys(now).filter((name) => !isSame(before[name], now[name]));
  }

  all(): Given {
    return { ...this.given, ...this.written };
  }

  /** The object `props` of the script: whatever is written to it is handed to `edit`, or shown. */
  forScript(edit: (value: unknown) => void, show: () => void): Given {
    return new Proxy<Given>(
      {},
      {
        get: (_, name) => this.all()[String(name)],
        has: (_, name) => name in this.all(),
        ownKeys: () => Object.keys(this.all()),
        getOwnPropertyDescriptor: (_, name) => ({
          value: this.all()[String(name)],
          writable: true,
          enumerable: true,
          configurable: true,
        }),
        set: (_, name, value) => {
          if (name === "value") edit(plain(value));
          else {
            this.written[String(name)] = value;
            show();
          }
          return true;
        },
      },
    );
  }
}

/** A copy of a value as the wire can carry it. */
export function plain(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value) ?? "null");
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
