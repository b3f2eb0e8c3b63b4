/** The media worker: socket, encoders and decoders, off the page's own thread. */

import { MediaEngine } from "./engine.ts";
import type { ToWorker } from "./port.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;
const engine = new MediaEngine((message, transfer = []) => scope.postMessage(message, transfer));
scope.onmessage = ({ data }: MessageEvent<ToWorker>) => engine.handle(data);
