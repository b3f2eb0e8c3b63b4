/** Colours as text: `#rrggbb`, `#rrggbbaa`, `rgb(…)` and `rgba(…)`. */

/** Levels from 0 to 255, opacity from 0 to 1. */
export interface Rgba {
  red: number;
  green: number;
  blue: number;
  alpha: number;
}

const HEX = /^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i;
const RGB = /^rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(?:,\s*(\d*\.?\d+)(%?)\s*)?\)$/i;

/** Reads a colour; null for anything else. */
export function readColor(text: string): Rgba | null {
  const digits = HEX.exec(text)?.[1];
  if (digits) {
    const wide = digits.length > 4 ? digits : [...digits].map((digit) => digit + digit).join("");
    const [red = 0, green = 0, blue = 0, alpha = 255] = (wide.match(/../g) ?? []).map((pair) =>
      Number.parseInt(pair, 16),
    );
    return { red, green, blue, alpha: alpha / 255 };
  }
  const found = RGB.exec(text);
  if (!found) return null;
  const [red = 0, green = 0, blue = 0] = found.slice(1, 4).map(Number);
  const alpha = found[4] === undefined ? 1 : Number(found[4]) / (found[5] ? 100 : 1);
  return Math.max(red, green, blue) <= 255 && alpha <= 1 ? { red, green, blue, alpha } : null;
}

/** Writes a colour in the notation of another one. */
export function writeColor({ red, green, blue, alpha }: Rgba, like: string): string {
  const levels = [red, green, blue];
  if (like.startsWith("rgb")) {
    return alpha < 1 ? `rgba(${levels.join(", ")}, ${+alpha.toFixed(3)})` : `rgb(${levels.join(", ")})`;
  }
  const parts = alpha < 1 ? [...levels, Math.round(alpha * 255)] : levels;
  return `#${parts.map((level) => level.toString(16).padStart(2, "0")).join("")}`;
}
