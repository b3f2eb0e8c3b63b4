/** Fails when the page's script and style sheet, compressed, outgrow their budget. */
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = 75_000;

const folder = new URL("../src/millstream/static/", import.meta.url);
const assets = JSON.parse(await readFile(new URL("assets.json", folder), "utf8"));
let total = 0;
for (const [role, name] of Object.entries(assets)) {
  if (name === null) continue;
  const bytes = gzipSync(await readFile(new URL(name, folder))).length;
  if (role.startsWith("main_")) total += bytes;
  console.log(`${String(bytes).padStart(7)} ${role}`);
}
console.log(`${String(total).padStart(7)} main_js + main_css, of ${BUDGET_BYTES}`);
if (total > BUDGET_BYTES) {
  console.error(
    "The page is over its budget: import less, load it later, or argue for a new budget in docs/decisions.",
  );
  process.exit(1);
}
