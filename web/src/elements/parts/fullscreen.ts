/** Shows the frame of an element on the whole screen, or brings it back. */
export async function toggleFullscreen(element: HTMLElement): Promise<void> {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await element.querySelector(".ms-frame")?.requestFullscreen();
}
