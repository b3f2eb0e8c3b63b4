import type { Binding, Manifest } from "../../src/manifest.ts";

/** A binding of a click on component 4. */
export function binding(changes: Partial<Binding> = {}): Binding {
  return {
    id: 0,
    targets: [[4, "click"]],
    inputs: [1],
    outputs: [2],
    trigger: "multiple",
    progress: "full",
    handler: true,
    js: null,
    stream: null,
    ...changes,
  };
}

export const STREAM = { component: 3, every_s: 0, keep: "latest", max_backlog_s: 30 } as const;

/** A textbox 1, a number 2, a camera 3, a button 4, a microphone 5. */
export function manifest(...bindings: Binding[]): Manifest {
  return {
    version: 1,
    build: "b",
    title: "",
    theme: {},
    footer: true,
    latency: false,
    assets: {
      media_worker: "assets/media.js",
      microphone_worklet: "assets/microphone.js",
      latency: "assets/latency.js",
      speaker_worklet: "assets/speaker.js",
      overlay: "assets/overlay.js",
      video_capture: "assets/video_capture.js",
      videos: `file://${import.meta.dirname}/../../src/playback/videos.ts`,
      formulas: "assets/formulas.js",
      formulas_css: "assets/formulas.css",
    },
    root: { id: 0, type: "blocks" },
    components: {
      1: { type: "textbox", props: { value: "a" } },
      2: { type: "number", props: { value: 1 } },
      3: { type: "image", capabilities: ["captures_frames", "shows_frames"], props: { mirror: true, quality: 0.8 } },
      4: { type: "button", props: { value: "Go" } },
      5: { type: "audio", capabilities: ["captures_audio"], props: {} },
    },
    bindings,
  };
}
