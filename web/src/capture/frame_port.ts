/** Camera frames by messages, the worker's end, for browsers in which a track cannot be read as a stream. */

import type { CameraFrame } from "../codecs/types.ts";

/** In the worker: the frames that the page posts, until it posts null; the newest wins while one is being read. */
export function portFrames(port: MessagePort): ReadableStream<CameraFrame> {
  const start = (controller: ReadableStreamDefaultController<CameraFrame>): void => {
    port.onmessage = ({ data }: MessageEvent<CameraFrame | null>) => {
      if (!data) {
        controller.close();
        port.close();
      } else if ((controller.desiredSize ?? 0) > 0) controller.enqueue(data);
      else data.close();
    };
  };
  return new ReadableStream<CameraFrame>({ start }, { highWaterMark: 1 });
}
