/** The inline manifest: what the server declares about the interface (docs/internals/protocol.md). */

/** Properties of a component or layout, by name; `value` is one of them. */
export type Props = Record<string, unknown>;

export interface Node {
  id: number;
  type: string;
  /** Layouts only: a leaf's properties are in `Manifest.components`. */
  props?: Props;
  children?: Node[];
}

/**
 * An ability of a component beyond showing a value. Code asks for abilities, never for types.
 *
 * `captures_frames`, `captures_audio`: records with a camera, with a microphone; `records_video`: its camera records a
 * video, not a photo; `shows_frames`: has a surface for images and streamed frames; `plays_audio`: it plays
 * streamed audio; `keeps_past`: its value is a list, of which the messages of earlier sessions can still be read;
 * `takes_file`: its value is a file; `collects_files`: its value is a list of files; `shows_caption`: its value is the
 * caption by which a user recognises it.
 */
export type Capability =
  | "captures_frames"
  | "captures_audio"
  | "records_video"
  | "shows_frames"
  | "plays_audio"
  | "keeps_past"
  | "takes_file"
  | "collects_files"
  | "shows_caption";

export interface ComponentDeclaration {
  type: string;
  /** None if left out. */
  capabilities?: readonly Capability[];
  /** In a render: the app's own name for it, by which another session knows it again. */
  key?: string;
  props: Props;
}

export interface StreamDeclaration {
  component: number;
  every_s: number;
  keep: "latest" | "all";
  max_backlog_s: number;
  max_age_s?: number | null;
}

export interface Binding {
  id: number;
  /** `[component, event]` pairs; the index of the one that fired is sent along. */
  targets: [number, string][];
  inputs: number[];
  outputs: number[];
  trigger: "once" | "multiple" | "always_last";
  progress: "full" | "minimal" | "hidden";
  /** Components that show the progress of a run; absent for its outputs. */
  progress_on?: number[];
  handler: boolean;
  js: number | string | boolean | null;
  stream: StreamDeclaration | null;
  /** The binding that it follows; null for none. */
  after?: number | null;
}

export interface Manifest {
  version: number;
  build: string;
  title: string;
  theme: Record<string, string>;
  footer: boolean;
  latency: boolean;
  /** True if visitors have logged in. */
  logout?: boolean;
  /** The app is being edited: the page loads itself again when it is another one than the page was made for. */
  reloads?: boolean;
  assets: {
    media_worker: string;
    microphone_worklet: string;
    speaker_worklet: string;
    overlay: string;
    video_capture: string;
    latency: string;
    videos: string;
    formulas: string;
    formulas_css: string;
  };
  /** The addresses of late elements, by type, where a render may declare what the page was loaded without. */
  late?: { [type: string]: { js: string; css: string | null } };
  root: Node;
  components: Record<string, ComponentDeclaration>;
  bindings: Binding[];
}

/** A file that the server holds for this session, as a component's value. */
export interface FileValue {
  file: string;
  name: string;
  type: string;
  size?: number;
}

/** Packed marks on an image, in base64; null if the value has none. */
export function marksOf(value: unknown): string | null {
  if (typeof value !== "object" || value === null || !("marks" in value)) return null;
  return typeof value.marks === "string" ? value.marks : null;
}

/** A message that is being written: the value of a component that collects files. */
export interface Draft {
  text: string;
  files: readonly FileValue[];
}

/** An image or audio that the browser fetches by itself. */
export interface LinkValue {
  url: string;
}

/** All nodes in some, those that hold others before them. */
export function within(nodes: readonly Node[]): Node[] {
  return nodes.flatMap((node) => [node, ...within(node.children ?? [])]);
}

/** Reads the text of the manifest's element. Throws if the page was served without one. */
export function readManifest(text: string | null | undefined): Manifest {
  if (!text) throw new Error("the page has no manifest: <script id=ms-manifest> is missing or empty");
  return JSON.parse(text) as Manifest;
}

/** The address, relative to the page, at which the value of a media component can be fetched; null if it has none. */
export function addressOf(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return null;
  if ("file" in value && typeof value.file === "string") return `file/${value.file}`;
  if ("url" in value && typeof value.url === "string") return value.url;
  return null;
}
