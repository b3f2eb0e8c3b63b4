/** Videos that play automatically, as far as the browser permits. */

import { errorName } from "../../media/browser_answers.ts";

/** Plays it with its audio, or muted where the browser requires a tap; resolves to whether a tap is needed. */
export async function playByItself(video: HTMLVideoElement): Promise<boolean> {
  try {
    await video.play();
    return false;
  } catch (error) {
    if (errorName(error) !== "NotAllowedError") return false; // it was paused, or replaced, before it could begin
  }
  video.muted = true;
  await video.play().catch(() => undefined); // one that may not even play muted waits for its own button
  return true;
}
