/** The scheme of the page: light, dark, or that of the system. The address (`?__theme=`) comes before the visitor's choice. */

import { t } from "../words.ts";

export type Scheme = "system" | "light" | "dark";

const KEY = "millstream:scheme";
const SCHEMES: readonly Scheme[] = ["system", "light", "dark"];
const NAMES: Readonly<Record<Scheme, string>> = { system: t("System colours"), light: t("Light"), dark: t("Dark") };

/** The built style sheet has both schemes as values of these, for browsers without `light-dark()`. */
const [LIGHT, DARK] = ["--lightningcss-light", "--lightningcss-dark"];

function isScheme(text: string | null): text is Scheme {
  return SCHEMES.some((scheme) => scheme === text);
}

/** The scheme that the address names, or that was chosen before; that of the system by default. */
export function chosenScheme(search = location.search): Scheme {
  const named = new URLSearchParams(search).get("__theme");
  if (isScheme(named)) return named;
  try {
    const kept = localStorage.getItem(KEY);
    return isScheme(kept) ? kept : "system";
  } catch {
    return "system"; // the browser keeps nothing, as in some private windows
  }
}

/** Shows the page in a scheme. */
export function showScheme(scheme: Scheme): void {
  const { style } = document.documentElement;
  style.colorScheme = scheme === "system" ? "" : scheme;
  for (const [name, own] of [
    [LIGHT, "light"],
    [DARK, "dark"],
  ] as const) {
    if (scheme === "system") style.removeProperty(name as string);
    else style.setProperty(name as string, scheme === own ? "initial" : " ");
  }
}

/** The control in the footer by which a visitor chooses the scheme. */
export function schemeSwitch(): HTMLSelectElement {
  const select = document.createElement("select");
  select.className = "ms-scheme";
  select.setAttribute("aria-label", t("Colours of the page"));
  for (const scheme of SCHEMES) {
    const option = document.createElement("option");
    option.value = scheme;
    option.textContent = NAMES[scheme];
    select.append(option);
  }
  select.value = chosenScheme();
  select.addEventListener("change", () => {
    const scheme = isScheme(select.value) ? select.value : "system";
    showScheme(scheme);
    try {
      localStorage.setItem(KEY, scheme);
    } catch {
      // It lasts as long as the page then.
    }
  });
  return select;
}
