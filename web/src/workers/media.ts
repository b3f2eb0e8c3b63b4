/** The media worker: socket, encoders and decoders, off the page's own thread. */

import { videoSupport } from "../codecs/support.ts";
import { MediaWorker } from "./media_worker.ts";
import type { ToWorker } from "./port.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;
// Asked at once, so that nobody waits for the answer when the page connects.
const support = videoSupport();
const engine = new MediaWorker(
  (message, transfer = []) => scope.postMessage(message, transfer),
  (known) => void support.then(known),
);
scope.onmessage = ({ data }: MessageEvent<ToWorker>) => engine.handle(data);
