/** The frames that a `<video>` presents, for whoever has no other way to read them. */

/** The interval of the timer: about that of a camera. */
const TICK_MS = 33;

/** A browser that has reported no frame for so long is not waited for. */
const PATIENCE_MS = 1_000;

/**
 * Calls `take` for each frame that `video` presents, until the returned function is called.
 *
 * Firefox and Safari report hardly any frame of a hidden tab, and a browser that composites nothing reports none at all:
 * a timer takes the frames then, in a worker of its own, since a hidden tab's own timers are slowed down.
 */
export function eachFrame(video: HTMLVideoElement, take: () => void): () => void {
  let isOver = false;
  let ticker: Worker | null = null;
  let reportedMs = performance.now();
  const tick = (): void => {
    if (!isOver && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) take();
  };
  const stopTicker = (): void => {
    ticker?.terminate();
    ticker = null;
  };
  const check = (): void => {
    if (!document.hidden && performance.now() - reportedMs < PATIENCE_MS) return;
    ticker ??= startTicker(tick);
  };
  const report = (): void => {
    if (isOver) return;
    reportedMs = performance.now();
    if (!document.hidden) stopTicker();
    if (!ticker) take();
    video.requestVideoFrameCallback(report);
  };
  video.requestVideoFrameCallback?.(report);
  document.addEventListener("visibilitychange", check);
  const watch = setInterval(check, PATIENCE_MS);
  return () => {
    isOver = true;
    stopTicker();
    clearInterval(watch);
    document.removeEventListener("visibilitychange", check);
  };
}

function startTicker(tick: () => void): Worker {
  const address = URL.createObjectURL(new Blob([`setInterval(postMessage, ${TICK_MS}, 0)`]));
  const worker = new Worker(address);
  worker.onmessage = tick;
  URL.revokeObjectURL(address);
  return worker;
}
