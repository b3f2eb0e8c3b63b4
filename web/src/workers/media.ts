/** The media worker: socket, encoders and decoders, off the page's own thread. */

import { askBrowser } from "../codecs/support.ts";
import { MediaWorker } from "./media_worker.ts";
import type { ToWorker } from "./port.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;
const engine = new MediaWorker((message, transfer = []) => scope.postMessage(message, transfer), askBrowser());
scope.onmessage = ({ data }: MessageEvent<ToWorker>) => engine.handle(data);
