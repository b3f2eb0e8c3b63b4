/** The part of the page's address behind `#`: the tabs in front, by name. A reload, a link and Back return to them. */

/** The names that are taken, each with the number of its tabs. */
const owners = new Map<string, number>();

/** A name for a tab in the address, that no other tabs of the page have. */
export function nameIn(tabs: number, name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
  const isFree = (owners.get(plain) ?? tabs) === tabs;
  const free = plain && isFree ? plain : `${plain}-${tabs}`;
  owners.set(free, tabs);
  return free;
}

/** The names in the address. */
export function named(): string[] {
  return location.hash.slice(1).split(",").map(decoded).filter(Boolean);
}

/** Puts one name in the place of others, as a step that Back undoes; an empty name stands for the tab that needs none. */
export function go(name: string, instead: readonly string[]): void {
  const names = [...named().filter((each) => !instead.includes(each)), ...(name ? [name] : [])];
  const hash = names.length > 0 ? `#${names.map(encodeURIComponent).join(",")}` : "";
  if (hash !== location.hash) history.pushState(history.state, "", `${location.pathname}${location.search}${hash}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return ""; // somebody else's
  }
}
