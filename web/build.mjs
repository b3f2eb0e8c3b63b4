/**
 * Builds the page into ../src/millstream/static: eleven scripts which stand alone, the late elements, and one file which
 * names them all.
 *
 * `assets.json` is all that the server reads; its names are of files in the same folder:
 * - "first_js": the script that the server inlines before anything else in the page, which waits for it;
 * - "main_js", "main_css": the script (an ES module) and the style sheet that the server inlines in the page;
 * - "scripts": the others, by what the page calls them. It starts the worker with `new Worker(url, {type: "module"})`,
 *   the worklets with `audioWorklet.addModule(url)`, and imports what is needed only now and then (the overlay for
 *   marks, the recorder of videos, the display of the latency, streamed videos, formulas and their style sheet). The page for the operator is another
 *   document, with a script of its own;
 * - "imported": scripts that the worker imports by itself, and fonts that a style sheet names;
 * - "late": for each late element its script, its style sheet or null, and all files that the script may ever fetch.
 *
 * All but what is inlined is compressed here (`NAME.gz`), not by each server that starts.
 *
 * Eleven builds, not one with eleven inputs: a shared chunk would cost the worker a second request before its first
 * frame, and an AudioWorklet in Firefox cannot import at all.
 *
 * The late elements, one for each file `src/late/NAME.ts`, are a twelfth build. They share chunks with each other and may
 * import libraries when they need them; a page loads those of the components that its app declares.
 */
import { appendFile, chmod, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { build } from "vite";

const zip = promisify(gzip);

const web = dirname(fileURLToPath(import.meta.url));
const target = join(web, "../src/millstream/static");

const ENTRIES = {
  first: "src/first.ts",
  main: "src/main.ts",
  media: "src/workers/media.ts",
  microphone: "src/workers/microphone.ts",
  speaker: "src/workers/speaker.ts",
  overlay: "src/overlay/overlay.ts",
  video_capture: "src/capture/video_capture.ts",
  latency: "src/latency/latency_display.ts",
  videos: "src/playback/videos.ts",
  operator: "src/operator/operator.ts",
  formulas: "src/formulas/formulas.ts",
};

/** Scripts that others import, by name. */
const IMPORTED = ["overlay", "video_capture", "latency", "videos", "formulas"];

/** Of the fonts of formulas only the format that all browsers read; each is a file that is fetched with its first letter. */
const oneFormat = {
  name: "one-format",
  enforce: "pre",
  transform: (code, id) =>
    id.includes("katex") && id.includes(".css")
      ? code.replace(/,\s*url\([^)]*\.(woff|ttf)\)\s*format\([^)]*\)/g, "")
      : null,
};

/** Builds one entry into `folder`; returns the names of its script and, if it imports any, its style sheet. */
async function buildEntry(name, folder) {
  const result = await build({
    root: web,
    configFile: false,
    logLevel: "warn",
    publicDir: name === "main" ? "public" : false,
    base: "./",
    plugins: [oneFormat],
    build: {
      outDir: folder,
      emptyOutDir: false,
      cssCodeSplit: false,
      assetsInlineLimit: name === "formulas" ? 0 : Number.MAX_SAFE_INTEGER,
      modulePreload: false,
      license: { fileName: `${name}-licenses.md` },
      rolldownOptions: {
        input: { [name]: join(web, ENTRIES[name]) },
        preserveEntrySignatures: IMPORTED.includes(name) ? "strict" : false,
        output: {
          format: name === "first" ? "iife" : "es",
          codeSplitting: name === "media",
          entryFileNames: "[name]-[hash].js",
          chunkFileNames: "[name]-[hash].js",
          assetFileNames: `${name}-[hash][extname]`,
        },
      },
    },
  });
  const late = result.output.filter((file) => file.isDynamicEntry).map((file) => file.fileName);
  for (const file of result.output) {
    // A bare import left in an output would be a request that the server does not answer.
    const left = [...(file.imports ?? []), ...(file.dynamicImports ?? [])].filter((each) => !late.includes(each));
    if (left.length > 0) throw new Error(`${file.fileName} is not self-contained, it imports ${left.join(", ")}`);
  }
  const names = result.output.map((file) => file.fileName).filter((file) => !late.includes(file));
  const [js, css] = [".js", ".css"].map((end) => names.find((file) => file.endsWith(end)));
  return { js, css, late, fonts: names.filter((file) => file.endsWith(".woff2")) };
}

/** The loader of compressed meshes names three files of its own; the page hands it the one that it needs. */
const ownDecoder = {
  name: "own-decoder",
  enforce: "pre",
  transform: (code, id) =>
    id.endsWith("DRACOLoader.js") ? code.replace(/new URL\([^()]*import\.meta\.url \)\.toString\(\)/g, '""') : null,
};

/** What is bundled as a text, which the list of licences does not see. */
const FURTHER_LICENSES = `
## Draco - Apache-2.0

The decoder of compressed meshes, by Google: https://github.com/google/draco. Its licence is that of Millstream, in the
file LICENSE.
`;

/** Builds the late elements into `folder`; returns what `assets.json` says of each, by its name. */
async function buildLate(folder) {
  const names = (await readdir(join(web, "src/late")))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -3));
  const { output } = await build({
    root: web,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    base: "./",
    plugins: [ownDecoder],
    build: {
      outDir: folder,
      emptyOutDir: false,
      cssCodeSplit: true,
      assetsInlineLimit: Number.MAX_SAFE_INTEGER,
      chunkSizeWarningLimit: Number.MAX_SAFE_INTEGER,
      modulePreload: false,
      license: { fileName: "late-licenses.md" },
      rolldownOptions: {
        input: Object.fromEntries(names.map((name) => [name, join(web, `src/late/${name}.ts`)])),
        preserveEntrySignatures: false,
        output: {
          format: "es",
          entryFileNames: "[name]-[hash].js",
          chunkFileNames: "[name]-[hash].js",
          assetFileNames: "[name]-[hash][extname]",
          // One file of all that they share, not one for each set of those who share it: each is a request.
          codeSplitting: {
            groups: [
              { name: "parts", test: /\/src\/(?!late\/|styles\/)|\/node_modules\/(@?lit|lucide)/, minShareCount: 2 },
            ],
          },
        },
      },
    },
  });
  await appendFile(join(folder, "late-licenses.md"), FURTHER_LICENSES);
  const chunks = new Map(output.filter((file) => file.type === "chunk").map((file) => [file.fileName, file]));
  for (const chunk of chunks.values()) {
    const unknown = [...chunk.imports, ...chunk.dynamicImports].filter((name) => !chunks.has(name));
    if (unknown.length > 0) throw new Error(`${chunk.fileName} imports ${unknown.join(", ")}, which is not built`);
  }
  const late = {};
  for (const chunk of [...chunks.values()].filter((each) => each.isEntry)) {
    const css = [...(chunk.viteMetadata?.importedCss ?? [])];
    if (css.length > 1) throw new Error(`${chunk.name} has several style sheets: ${css.join(", ")}`);
    late[chunk.name] = { js: chunk.fileName, css: css[0] ?? null, files: reachable(chunk.fileName, chunks) };
  }
  return Object.fromEntries(Object.entries(late).sort());
}

/** The files that a chunk may fetch, itself first: chunks, and the style sheets of those that come later. */
function reachable(entry, chunks) {
  const files = new Set([entry]);
  for (const name of files) {
    const chunk = chunks.get(name);
    for (const next of chunk ? [...chunk.imports, ...chunk.dynamicImports] : []) {
      files.add(next);
      for (const css of chunks.get(next)?.viteMetadata?.importedCss ?? []) files.add(css);
    }
  }
  return [...files];
}

/**
 * The page's words in other languages (`src/words/LANGUAGE.json`), and which scripts say which: a page gets those of its
 * late elements, under their names, and of all other scripts, under "".
 */
async function wordsOf(assets, folder) {
  const read = async (names) =>
    (await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")))).join("\n");
  const texts = { "": await read([assets.main_js, ...Object.values(assets.scripts), ...assets.imported]) };
  const shared = (name) => name.startsWith("parts-");
  for (const [name, { js, files }] of Object.entries(assets.late)) {
    const own = files.filter((file) => file === js || shared(file) || file.startsWith(`${name}-`));
    texts[name] = await read(own.filter((file) => file.endsWith(".js")));
  }
  const languages = {};
  for (const file of (await readdir(join(web, "src/words"))).sort())
    languages[file.replace(".json", "")] = JSON.parse(await readFile(join(web, "src/words", file), "utf8"));
  const servers = await readFile(join(web, "src/server_sentences.ts"), "utf8");
  const parts = Object.fromEntries(Object.keys(texts).map((name) => [name, []]));
  for (const key of Object.keys(Object.values(languages)[0])) {
    const names = Object.keys(texts).filter((name) => texts[name].includes(key));
    // Written in a way of its own by the minifier, or in a file that comes later; the server has its own list.
    const isServers = servers.includes(JSON.stringify(key));
    for (const name of names.length > 0 || isServers ? names : [""]) parts[name].push(key);
  }
  return { parts, languages };
}

/** Replaces `target` in one step, so that nobody who reads it finds a half-written page. */
async function swap(folder) {
  const old = `${folder}.old`;
  await rename(target, old).catch((error) => {
    if (error.code !== "ENOENT") throw error;
  });
  await rename(folder, target);
  await rm(old, { recursive: true, force: true });
}

const folder = await mkdtemp(join(web, "node_modules/.page-"));
try {
  await chmod(folder, 0o755);
  const [first, main, media, microphone, speaker, overlay, videoCapture, latency, videos, operator, formulas] = [
    await buildEntry("first", folder),
    await buildEntry("main", folder),
    await buildEntry("media", folder),
    await buildEntry("microphone", folder),
    await buildEntry("speaker", folder),
    await buildEntry("overlay", folder),
    await buildEntry("video_capture", folder),
    await buildEntry("latency", folder),
    await buildEntry("videos", folder),
    await buildEntry("operator", folder),
    await buildEntry("formulas", folder),
  ];
  const assets = {
    first_js: first.js,
    main_js: main.js,
    main_css: main.css ?? null,
    scripts: {
      media_worker: media.js,
      microphone_worklet: microphone.js,
      speaker_worklet: speaker.js,
      overlay: overlay.js,
      video_capture: videoCapture.js,
      latency: latency.js,
      videos: videos.js,
      operator: operator.js,
      formulas: formulas.js,
      formulas_css: formulas.css,
    },
    imported: [...media.late, ...formulas.fonts],
    late: await buildLate(folder),
  };
  const late = Object.values(assets.late).flatMap(({ files, css }) => (css ? [...files, css] : files));
  for (const name of new Set([...Object.values(assets.scripts), ...assets.imported, ...late])) {
    await writeFile(join(folder, `${name}.gz`), await zip(await readFile(join(folder, name)), { level: 9 }));
  }
  await writeFile(join(folder, "words.json"), JSON.stringify(await wordsOf(assets, folder)));
  await writeFile(join(folder, "assets.json"), `${JSON.stringify(assets, null, 2)}\n`);
  await swap(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
