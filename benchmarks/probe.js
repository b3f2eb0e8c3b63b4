// Reads the numbers of the counter film as the camera delivers them and in the output, and notes when each was first
// seen. The camera is read through a track processor of its own: the preview shows a picture later than the page has it.
// While `glass.rests`, nothing is read: that costs a third of what the page does, and each callback of a frame a turn of its
// rendering. What the `<video>` was given then is in `glass.given()`.
// The layout of the numbers is described in tests/browser/media.py; `share` is how much of width and height they cover.
(share) => {
  const given = () => {
    const { totalVideoFrames, droppedVideoFrames } = document.querySelector("#output .ms-output").getVideoPlaybackQuality();
    return totalVideoFrames - droppedVideoFrames;
  };
  window.glass = { captured: new Map(), shown: [], rests: false, given };
  const canvas = new OffscreenCanvas(64, 32);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const read = (surface) => {
    const width = surface.displayWidth ?? (surface.videoWidth || surface.width);
    const height = surface.displayHeight ?? (surface.videoHeight || surface.height);
    context.drawImage(surface, 0, 0, width * share, height * share, 0, 0, 64, 32);
    const { data } = context.getImageData(0, 0, 64, 32);
    let word = 0;
    for (let row = 0; row < 4; row += 1) {
      for (let column = 0; column < 4; column += 1) {
        word = (word << 1) | (data[((row * 8 + 4) * 64 + column * 8 + 4) * 4] > 127 ? 1 : 0);
      }
    }
    const number = word >> 4;
    return (word & 15) === ((number ^ (number >> 4) ^ (number >> 8) ^ 0b1010) & 15) ? number : null;
  };
  const follow = (selector, seen) => {
    let last = null;
    const look = (surface) => {
      const number = surface.videoWidth === 0 ? null : read(surface);
      if (number !== null && number !== last) {
        last = number;
        seen(number, performance.now());
      }
    };
    const step = () => {
      const surface = document.querySelector(selector);
      if (window.glass.rests) {
        setTimeout(step, 100);
        return;
      }
      if (surface instanceof HTMLVideoElement) {
        surface.requestVideoFrameCallback(() => { look(surface); step(); });
        setTimeout(() => { if (!surface.isConnected) step(); }, 500);
      } else {
        if (surface !== null && surface.width > 0) look(surface);
        setTimeout(step, 2);
      }
    };
    step();
  };
  // A reader that does not read would keep a frame of the camera from those who do, and may bring them to a stop.
  const readCamera = async () => {
    const track = document.querySelector("#camera .ms-preview").srcObject.getVideoTracks()[0].clone();
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    while (!window.glass.rests) {
      const { value: frame, done } = await reader.read();
      if (done) break;
      const at = performance.now();
      const number = read(frame);
      frame.close();
      if (number !== null) window.glass.captured.set(number, at);
    }
    track.stop();
    await reader.cancel();
  };
  const watch = async () => {
    for (;;) {
      if (!window.glass.rests) await readCamera();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  void watch();
  follow("#output .ms-output", (number, at) => {
    const captured = window.glass.captured.get(number);
    // The reader above may skip a picture that the worker did get: then it counts, and has no age.
    window.glass.shown.push([at, captured === undefined ? null : at - captured]);
    window.glass.captured.delete(number);
  });
}
