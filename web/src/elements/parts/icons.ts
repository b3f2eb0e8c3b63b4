/** The page's one set of icons: Lucide's, drawn at 20 px in the colour of the text beside them. */
import { html, type TemplateResult } from "lit";
import { unsafeSVG } from "lit/directives/unsafe-svg.js";
import {
  AudioLines,
  Camera,
  CameraOff,
  ChartLine,
  Check,
  ChevronDown,
  ChevronsDown,
  CircleAlert,
  CircleCheck,
  ClipboardPaste,
  Copy,
  Download,
  File as FileIcon,
  Film,
  type IconNode,
  Image,
  Info,
  Lock,
  Maximize,
  MessageSquare,
  Mic,
  MicOff,
  Minimize,
  Paperclip,
  Pause,
  Pencil,
  Play,
  RefreshCw,
  RotateCcw,
  SendHorizontal,
  Settings2,
  Square,
  SwitchCamera,
  ThumbsDown,
  ThumbsUp,
  Trash2,
  TriangleAlert,
  Undo2,
  Unplug,
  Upload,
  WifiOff,
  X,
} from "lucide";

const NODES = {
  again: RefreshCw,
  attach: Paperclip,
  camera: Camera,
  "camera-off": CameraOff,
  chart: ChartLine,
  chat: MessageSquare,
  check: Check,
  close: X,
  copy: Copy,
  devices: Settings2,
  dislike: ThumbsDown,
  done: CircleCheck,
  download: Download,
  down: ChevronDown,
  edit: Pencil,
  error: CircleAlert,
  exit: Minimize,
  file: FileIcon,
  video: Film,
  flip: SwitchCamera,
  fullscreen: Maximize,
  image: Image,
  info: Info,
  like: ThumbsUp,
  lock: Lock,
  microphone: Mic,
  "microphone-off": MicOff,
  newest: ChevronsDown,
  offline: WifiOff,
  paste: ClipboardPaste,
  pause: Pause,
  play: Play,
  reset: RotateCcw,
  send: SendHorizontal,
  audio: AudioLines,
  square: Square,
  trash: Trash2,
  undo: Undo2,
  unplugged: Unplug,
  upload: Upload,
  warning: TriangleAlert,
} satisfies Record<string, IconNode>;

export type IconName = keyof typeof NODES;

const drawn = new Map<IconNode, string>();

function drawing(node: IconNode): string {
  let text = drawn.get(node);
  if (text === undefined) {
    text = node.map(([tag, attributes]) => `<${tag} ${attributesText(attributes)}/>`).join("");
    drawn.set(node, text);
  }
  return text;
}

function attributesText(attributes: Record<string, string | number | undefined>): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}="${value}"`)
    .join(" ");
}

/** One icon. It is hidden from assistive technology: the element around it has a name. */
export function icon(name: IconName): TemplateResult {
  return glyph(NODES[name]);
}

/** An icon that few apps show: a late element imports it from the set by itself. */
export function glyph(node: IconNode): TemplateResult {
  return html`<svg class="ms-icon" viewBox="0 0 24 24" aria-hidden="true">${unsafeSVG(drawing(node))}</svg>`;
}
