/** Fails when the page's scripts and style sheet, compressed, outgrow their budget. */
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = 75_000;

const folder = new URL("../src/millstream/static/", import.meta.url);
const assets = JSON.parse(await readFile(new URL("assets.json", folder), "utf8"));
const zipped = async (name) => gzipSync(await readFile(new URL(name, folder))).length;
const tell = (bytes, what) => console.log(`${String(bytes).padStart(7)} ${what}`);
const inlined = ["first_js", "main_js", "main_css"];
const total = (await Promise.all(inlined.map((part) => zipped(assets[part])))).reduce((sum, bytes) => sum + bytes);
for (const [part, name] of Object.entries(assets.scripts)) tell(await zipped(name), part);
for (const name of assets.imported) tell(await zipped(name), name);
for (const [name, { js }] of Object.entries(assets.late)) tell(await zipped(js), `late ${name}`);
tell(total, `${inlined.join(" + ")}, of ${BUDGET_BYTES}`);
if (total > BUDGET_BYTES) {
  console.error(
    "The page is over its budget: import less, load it later, or argue for a new budget in docs/decisions.",
  );
  process.exit(1);
}
