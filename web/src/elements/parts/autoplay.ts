/** Videos that play by themselves, as far as the browser lets them. */

/** Plays it with its audio, or muted where the browser wants a tap for that; resolves to whether it has to be tapped. */
export async function playByItself(video: HTMLVideoElement): Promise<boolean> {
  try {
    await video.play();
    return false;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    if (error.name !== "NotAllowedError") return false; // it was paused, or replaced, before it could begin
  }
  video.muted = true;
  await video.play().catch(() => undefined); // what may not even play muted waits for its own button
  return true;
}
