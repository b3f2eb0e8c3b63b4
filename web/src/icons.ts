/** The page's one set of icons: Lucide's, drawn at 20 px in the colour of the text beside them. */
import { html, type TemplateResult } from "lit";
import { unsafeSVG } from "lit/directives/unsafe-svg.js";
import {
  AudioLines,
  Camera,
  CameraOff,
  Check,
  ChevronDown,
  CircleAlert,
  CircleCheck,
  ClipboardPaste,
  Copy,
  Download,
  type IconNode,
  Image,
  Info,
  Lock,
  Maximize,
  Mic,
  MicOff,
  Minimize,
  Pause,
  Play,
  RotateCcw,
  SendHorizontal,
  Settings2,
  Square,
  SwitchCamera,
  TriangleAlert,
  Unplug,
  Upload,
  WifiOff,
  X,
} from "lucide";

const NODES = {
  camera: Camera,
  "camera-off": CameraOff,
  check: Check,
  close: X,
  copy: Copy,
  devices: Settings2,
  done: CircleCheck,
  download: Download,
  down: ChevronDown,
  error: CircleAlert,
  exit: Minimize,
  flip: SwitchCamera,
  fullscreen: Maximize,
  image: Image,
  info: Info,
  lock: Lock,
  microphone: Mic,
  "microphone-off": MicOff,
  offline: WifiOff,
  paste: ClipboardPaste,
  pause: Pause,
  play: Play,
  reset: RotateCcw,
  send: SendHorizontal,
  sound: AudioLines,
  square: Square,
  unplugged: Unplug,
  upload: Upload,
  warning: TriangleAlert,
} satisfies Record<string, IconNode>;

export type IconName = keyof typeof NODES;

const drawn = new Map<IconName, string>();

function drawing(name: IconName): string {
  let text = drawn.get(name);
  if (text === undefined) {
    text = NODES[name].map(([tag, attributes]) => `<${tag} ${attributesText(attributes)}/>`).join("");
    drawn.set(name, text);
  }
  return text;
}

function attributesText(attributes: Record<string, string | number | undefined>): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}="${value}"`)
    .join(" ");
}

/** One icon. It is hidden from assistive technology: whatever carries it has the words. */
export function icon(name: IconName): TemplateResult {
  return html`<svg class="ms-icon" viewBox="0 0 24 24" aria-hidden="true">${unsafeSVG(drawing(name))}</svg>`;
}
