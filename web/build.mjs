/**
 * Builds the page into ../src/millstream/static, as nine scripts which stand alone, and one file which names them.
 *
 * `assets.json` is all that the server reads: {"main_js": "main-HASH.js", "main_css": "main-HASH.css",
 * "media_worker": "media-HASH.js", "microphone_worklet": "microphone-HASH.js", "speaker_worklet": "speaker-HASH.js",
 * "overlay": "overlay-HASH.js", "video_capture": "video_capture-HASH.js", "latency": "latency-HASH.js",
 * "videos": "videos-HASH.js", "operator": "operator-HASH.js"}, file names relative to the folder.
 * The server inlines main_js (an ES module) and main_css in the page and serves the others as immutable files: the
 * worker with `new Worker(url, {type: "module"})`, the worklets with `audioWorklet.addModule(url)`, and what is
 * needed only now and then (the overlay for marks, the recorder of videos, the display of the latency,
 * streamed videos) with `import(url)`. The page for the operator is another document, with a script of its own.
 *
 * Nine builds, not one with nine inputs: a shared chunk would cost the worker a second request before its first
 * frame, and an AudioWorklet in Firefox cannot import at all.
 */
import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const web = dirname(fileURLToPath(import.meta.url));
const target = join(web, "../src/millstream/static");

const ENTRIES = {
  main: "src/main.ts",
  media: "src/workers/media.ts",
  microphone: "src/workers/microphone.ts",
  speaker: "src/workers/speaker.ts",
  overlay: "src/overlay/overlay.ts",
  video_capture: "src/capture/video_capture.ts",
  latency: "src/latency/latency_display.ts",
  videos: "src/playback/videos.ts",
  operator: "src/operator/operator.ts",
};

/** Scripts that others import, by name. */
const IMPORTED = ["overlay", "video_capture", "latency", "videos"];

/** Builds one entry into `folder`; returns the names of its script and, if it imports any, its style sheet. */
async function buildEntry(name, folder) {
  const result = await build({
    root: web,
    configFile: false,
    logLevel: "warn",
    publicDir: name === "main" ? "public" : false,
    build: {
      outDir: folder,
      emptyOutDir: false,
      cssCodeSplit: false,
      assetsInlineLimit: Number.MAX_SAFE_INTEGER,
      modulePreload: false,
      license: { fileName: `${name}-licenses.md` },
      rolldownOptions: {
        input: { [name]: join(web, ENTRIES[name]) },
        preserveEntrySignatures: IMPORTED.includes(name) ? "strict" : false,
        output: {
          format: "es",
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
  return { js: names.find((file) => file.endsWith(".js")), css: names.find((file) => file.endsWith(".css")), late };
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
  const [main, media, microphone, speaker, overlay, videoCapture, latency, videos, operator] = [
    await buildEntry("main", folder),
    await buildEntry("media", folder),
    await buildEntry("microphone", folder),
    await buildEntry("speaker", folder),
    await buildEntry("overlay", folder),
    await buildEntry("video_capture", folder),
    await buildEntry("latency", folder),
    await buildEntry("videos", folder),
    await buildEntry("operator", folder),
  ];
  const assets = {
    main_js: main.js,
    main_css: main.css ?? null,
    media_worker: media.js,
    video_codecs: media.late.find((name) => name.startsWith("video_codecs")),
    http: media.late.find((name) => name.startsWith("http")),
    microphone_worklet: microphone.js,
    speaker_worklet: speaker.js,
    overlay: overlay.js,
    video_capture: videoCapture.js,
    latency: latency.js,
    videos: videos.js,
    operator: operator.js,
  };
  await writeFile(join(folder, "assets.json"), `${JSON.stringify(assets, null, 2)}\n`);
  await swap(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
